"""Dagster's log of events through files that stay open: what one process writes, any other reads."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from headwater.settings import HomeSettings
from orchestration.lib.instance import open_instance, write_instance_config
from orchestration.lib.sqlite_storage import OpenEventLog

RUNS = 6
"""More than files are kept open."""


@dg.op
def nothing() -> None:
    pass


@dg.job
def idle() -> None:
    nothing()


@pytest.fixture
def instance(home: HomeSettings) -> Iterator[dg.DagsterInstance]:
    write_instance_config(home)
    with open_instance(home) as opened:
        yield opened


def say(instance: dg.DagsterInstance, run: dg.DagsterRun, text: str) -> None:
    instance.report_engine_event(text, run)


def said(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    return [entry.message for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)]


def open_databases(home: HomeSettings) -> set[Path]:
    opened = {Path(file.path) for file in psutil.Process().open_files()}
    return {path for path in opened if path.suffix == ".db" and path.is_relative_to(home.home)}


def test_the_instance_logs_through_it(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, OpenEventLog)


def test_events_of_more_runs_than_are_kept_open_are_all_there(instance: dg.DagsterInstance) -> None:
    runs = [instance.create_run_for_job(idle) for _ in range(RUNS)]
    for number in range(3):
        for run in runs:
            say(instance, run, f"{run.run_id} {number}")
    for run in runs:
        assert said(instance, run) == [f"{run.run_id} {number}" for number in range(3)]


def test_threads_take_turns(instance: dg.DagsterInstance) -> None:
    runs = [instance.create_run_for_job(idle) for _ in range(RUNS)]
    with ThreadPoolExecutor(RUNS) as pool:
        list(pool.map(lambda run: [say(instance, run, str(number)) for number in range(20)], runs))
    for run in runs:
        assert said(instance, run) == [str(number) for number in range(20)]


def test_another_process_and_dagsters_own_storage_read_what_is_written_here_and_the_other_way(
    instance: dg.DagsterInstance, home: HomeSettings
) -> None:
    run = instance.create_run_for_job(idle)
    say(instance, run, "here")
    there = (
        "from headwater.settings import HomeSettings; from tests.orchestration.test_sqlite_storage import *\n"
        "with open_instance(HomeSettings()) as instance:\n"
        f"    run = instance.get_run_by_id('{run.run_id}'); say(instance, run, 'there'); print(said(instance, run))"
    )
    done = subprocess.run([sys.executable, "-c", there], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "['here', 'there']"
    assert said(instance, run) == ["here", "there"]
    theirs = SqliteEventLogStorage(str(home.dagster_dir / "storage" / "history" / "runs"))
    assert len(theirs.get_logs_for_run(run.run_id)) == len(instance.all_logs(run.run_id))


def test_no_file_stays_open_when_the_instance_is_closed(home: HomeSettings) -> None:
    write_instance_config(home)
    with open_instance(home) as instance:
        say(instance, instance.create_run_for_job(idle), "something")
        assert open_databases(home)
    assert not open_databases(home)
