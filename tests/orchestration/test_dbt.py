"""dbt in a process of its own."""

import psutil
import pytest

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.dbt import dbt_environment, run_dbt
from orchestration.lib.file_lock import LockBusy, file_lock


def test_dbt_is_stopped_when_no_one_listens_any_more(home: HomeSettings) -> None:
    events = run_dbt(["parse"], dbt_environment(WarehouseSettings(), home))
    assert next(events)["info"]["name"] == "MainReportVersion"
    [process] = [child for child in psutil.Process().children() if "dbt.cli.main" in " ".join(child.cmdline())]
    events.close()
    assert not process.is_running()


def test_what_dbt_says_before_it_logs_is_an_event_too(home: HomeSettings) -> None:
    events = list(run_dbt(["no-such-command"], dbt_environment(WarehouseSettings(), home)))
    assert any("no-such-command" in event["info"]["msg"] for event in events)


def test_a_second_build_waits_and_then_names_the_process_that_holds_the_lock(home: HomeSettings) -> None:
    path = home.dbt_dir / "build.lock"
    busy = pytest.raises(LockBusy, match=r"process \d+ has been building for more than 0\.2 s")
    with file_lock(path, "building", 0), busy, file_lock(path, "building", 0.2):
        pass
    with file_lock(path, "building", 0):
        assert path.exists()
