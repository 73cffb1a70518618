"""dbt in a process of its own."""

import psutil

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.dbt import dbt_environment, run_dbt


def test_dbt_is_stopped_when_no_one_listens_any_more(home: HomeSettings) -> None:
    events = run_dbt(["parse"], dbt_environment(WarehouseSettings(), home))
    assert next(events)["info"]["name"] == "MainReportVersion"
    [process] = [child for child in psutil.Process().children() if "dbt.cli.main" in " ".join(child.cmdline())]
    events.close()
    assert not process.is_running()


def test_what_dbt_says_before_it_logs_is_an_event_too(home: HomeSettings) -> None:
    events = list(run_dbt(["no-such-command"], dbt_environment(WarehouseSettings(), home)))
    assert any("no-such-command" in event["info"]["msg"] for event in events)
