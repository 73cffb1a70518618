"""dbt in a process of its own."""

import psutil
import pytest

from headwater.file_lock import LockBusy
from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.dbt import build_lock, dbt_environment, run_dbt, show_dbt
from orchestration.lib.manifest import find_parsed


def test_dbt_is_stopped_when_no_one_listens_any_more(home_with_dbt: HomeSettings) -> None:
    parsed = {"DBT_PARTIAL_PARSE_FILE_PATH": str(find_parsed(home_with_dbt))}
    events = run_dbt(["parse"], dbt_environment(WarehouseSettings(), home_with_dbt) | parsed)
    assert next(events)["info"]["name"] == "MainReportVersion"
    [process] = [child for child in psutil.Process().children() if "dbt.cli.main" in " ".join(child.cmdline())]
    events.close()
    assert not process.is_running()


def test_what_dbt_says_before_it_logs_is_an_event_too(home: HomeSettings) -> None:
    events = list(run_dbt(["no-such-command"], dbt_environment(WarehouseSettings(), home)))
    assert any("no-such-command" in event["info"]["msg"] for event in events)


def test_what_writes_waits_for_the_build_that_runs_and_what_reads_does_not(
    home: HomeSettings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("orchestration.lib.dbt._WAIT_FOR_BUILD_SECONDS", 0.2)
    with build_lock(home):
        with pytest.raises(LockBusy, match="has been building"):
            show_dbt(["build", "--select", "fct_sessions"], WarehouseSettings(), home)
        assert show_dbt(["--version"], WarehouseSettings(), home) == 0
    assert "clickhouse" in capfd.readouterr().out
