"""`headwater replay`, `headwater dbt`, `headwater dagster`: commands that run others."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from cli.services import dagster_service
from headwater.landing import sealed_segments
from headwater.settings import DagsterSettings, HomeSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import load_once
from tests.ingestion.landed import Landed


def headwater(*arguments: str, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


class TestReplay:
    def test_what_was_loaded_in_the_window_waits_again_and_changes_no_receipt(
        self, home: HomeSettings, warehouse: Warehouse
    ) -> None:
        landed = Landed(home)
        landed.land(3, rejected=2)
        load_once()
        assert sealed_segments(home.landing_dir) == []
        now = datetime.now(UTC)
        hour_ago, in_an_hour = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}" for hours in (-1, 1))

        assert headwater("replay", "--since", in_an_hour).stdout == "0 segments wait for the loader again\n"
        assert headwater("replay", "--since", "2020-01-01", "--until", hour_ago).stdout.startswith("0 segments")
        assert headwater("replay", "--since", hour_ago).stdout == "1 segments wait for the loader again\n"
        assert len(sealed_segments(home.landing_dir)) == 1

        assert load_once().events == 3
        assert sorted(set(landed.in_warehouse(warehouse, "events"))) == landed.events
        assert landed.in_warehouse(warehouse, "events") == sorted(landed.events * 2)
        assert landed.in_warehouse(warehouse, "rejected_events") == sorted(landed.rejected * 2)

    def test_a_window_is_needed_and_must_be_one(self, home: HomeSettings) -> None:
        assert "--since" in headwater("replay", exit_code=2).stderr
        assert "yesterday" in headwater("replay", "--since", "yesterday", exit_code=2).stderr


class TestDbt:
    def test_dbt_is_run_on_the_project_with_its_own_output(self, home_with_dbt: HomeSettings) -> None:
        listed = headwater("dbt", "ls", "--select", "fct_sessions", "--resource-type", "model", "--quiet").stdout
        assert listed.split() == ["headwater.marts.web.fct_sessions"]
        said = (home_with_dbt.dbt_dir / "logs" / "dbt.log").read_text()
        assert "no changes found, skipping parsing" in said, "what builds have parsed is parsed"
        assert "Usage: dbt [OPTIONS]" in headwater("dbt").stdout

    def test_what_dbt_fails_at_is_said_after_its_own_words(self, home: HomeSettings) -> None:
        failed = headwater("dbt", "frobnicate", exit_code=1)
        assert "frobnicate" in failed.stdout + failed.stderr
        assert failed.stderr.strip().splitlines()[-1] == "headwater: dbt frobnicate failed"


class TestDagster:
    @pytest.fixture
    def process(self, parsed_home: HomeSettings, tmp_path: Path, free_port: int) -> Iterator["subprocess.Popen[bytes]"]:
        environment = {**os.environ, "HEADWATER_DAGSTER_PORT": str(free_port)}
        with (tmp_path / "output").open("wb") as output:
            started = subprocess.Popen(
                [sys.executable, "-m", "cli", "dagster"], env=environment, stdout=output, stderr=output
            )
        yield started
        for child in [*psutil.Process(started.pid).children(recursive=True), started] if started.poll() is None else []:
            child.kill()
        started.wait(30)

    def test_the_ui_answers_and_sigterm_ends_all_of_it(
        self, process: "subprocess.Popen[bytes]", home: HomeSettings, tmp_path: Path, free_port: int
    ) -> None:
        service = dagster_service(DagsterSettings(port=free_port), home)
        deadline = time.monotonic() + 120
        while not service.is_ready():
            assert process.poll() is None, (tmp_path / "output").read_text()
            assert time.monotonic() < deadline, (tmp_path / "output").read_text()
            time.sleep(0.2)
        assert (home.dagster_dir / "dagster.yaml").exists()
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.terminate()
        process.wait(60)
        assert psutil.wait_procs(children, timeout=10)[1] == []
