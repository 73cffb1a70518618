"""Dagster's instance in the home directory."""

import os
import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import pytest

from headwater.settings import HomeSettings
from orchestration.lib.instance import (
    fail_dead_runs,
    open_instance,
    prepare_instance,
    report_process,
    write_instance_config,
)


@pytest.fixture
def instance(home: HomeSettings) -> Iterator[dg.DagsterInstance]:
    write_instance_config(home)
    with open_instance(home) as opened:
        yield opened


def test_the_instance_reports_to_no_one_purges_ticks_and_keeps_its_files_at_home(
    instance: dg.DagsterInstance, home: HomeSettings
) -> None:
    assert not instance.telemetry_enabled
    assert instance.get_settings("retention")["schedule"]["purge_after_days"]["success"] == 30
    assert not instance.nux_enabled
    assert (home.dagster_dir / "storage").is_dir()


def test_one_build_runs_at_a_time(instance: dg.DagsterInstance) -> None:
    concurrency = instance.get_concurrency_config()
    assert concurrency.pool_config.default_pool_limit == 1
    assert concurrency.pool_config.pool_granularity is not None
    assert concurrency.pool_config.pool_granularity.value == "run"
    assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"


def test_preparing_again_leaves_the_configuration_alone(home: HomeSettings) -> None:
    prepare_instance(home)
    before = (home.dagster_dir / "dagster.yaml").stat().st_mtime_ns
    prepare_instance(home)
    assert (home.dagster_dir / "dagster.yaml").stat().st_mtime_ns == before


def test_a_run_whose_process_is_gone_fails_and_a_living_one_is_left_alone(home: HomeSettings) -> None:
    write_instance_config(home)
    start = (
        "import sys; from headwater.settings import HomeSettings; from tests.orchestration.test_instance import *;"
        "print(start_run(HomeSettings()))"
    )
    dead = subprocess.run(
        [sys.executable, "-c", start], capture_output=True, text=True, check=True, env=os.environ
    ).stdout.split()[-1]
    living = start_run(home)
    with open_instance(home) as opened:
        assert fail_dead_runs(opened) == [dead]
        states = {run.run_id: run.status for run in opened.get_runs()}
    assert states == {dead: dg.DagsterRunStatus.FAILURE, living: dg.DagsterRunStatus.STARTED}


def start_run(home: HomeSettings) -> str:
    """A run that this process claims to execute."""

    @dg.job
    def nothing() -> None: ...

    with open_instance(home) as opened:
        run = opened.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        report_process(opened, run)
        return run.run_id
