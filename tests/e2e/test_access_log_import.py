"""A real log of 10,000 lines, from the file to the marts, twice."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.temporary_warehouse import temporary_warehouse
from headwater.settings import HomeSettings, WarehouseSettings
from ingestion.loader import load_once
from tests.e2e.conftest import Run

NUMBERS = """
    SELECT (SELECT count() FROM staging.stg_events__events) AS accepted,
           (SELECT count() FROM staging.stg_events__rejected_events) AS rejected,
           (SELECT uniqExact(visitor_id) FROM marts.fct_sessions) AS visitors,
           (SELECT count() FROM marts.fct_sessions) AS sessions,
           (SELECT countIf(is_bot) FROM marts.fct_sessions) AS bot_sessions,
           (SELECT sum(events) FROM marts.rpt_site_daily) AS people_events,
           (SELECT sum(bot_events) FROM marts.rpt_site_daily) AS bot_events,
           (SELECT sum(received) FROM marts.rpt_ingestion_ledger) AS received,
           (SELECT sum(duplicates) FROM marts.rpt_ingestion_ledger) AS duplicates,
           (SELECT sum(rejected) FROM marts.rpt_ingestion_ledger) AS ledger_rejected
"""


@pytest.mark.usefixtures("seasoned")
class TestAccessLogImport:
    def test_the_numbers_of_the_log_are_those_of_the_marts(
        self, headwater: Run, shared_data: Callable[[str], Path]
    ) -> None:
        log = shared_data("access_logs_elastic") / "apache_combined.log"
        imported = headwater("import", "access-log", log, "--site", "semicomplete")
        assert "9,999 accepted" in imported.stdout
        assert "1 rejected" in imported.stdout

        headwater("run")
        numbers = _numbers(headwater)
        assert numbers["accepted"] == 9_999
        assert numbers["rejected"] == 1
        assert numbers["visitors"] == 1_861
        assert numbers["sessions"] == 3_223
        assert 0 < numbers["bot_sessions"] < 3_223
        assert numbers["people_events"] + numbers["bot_events"] == 9_999

    def test_the_rejected_line_is_kept_with_its_number_and_a_reason(
        self, headwater: Run, shared_data: Callable[[str], Path]
    ) -> None:
        shared_data("access_logs_elastic")
        (row,) = _sql(headwater, "SELECT position, origin, code, reason, body FROM staging.stg_events__rejected_events")
        assert row["position"] > 0
        assert row["origin"].endswith("apache_combined.log")
        assert row["reason"]
        assert row["body"]

    def test_a_second_import_changes_no_number(self, headwater: Run, shared_data: Callable[[str], Path]) -> None:
        log = shared_data("access_logs_elastic") / "apache_combined.log"
        before = _numbers(headwater)
        assert (before["received"], before["duplicates"], before["ledger_rejected"]) == (10_000, 0, 1)
        for options in ((), ("--again",)):
            headwater("import", "access-log", log, "--site", "semicomplete", *options)
        with _warehouse(headwater):
            load_once()
            headwater("dbt", "run", "--quiet")
        assert _numbers(headwater) == before


def _numbers(headwater: Run) -> dict[str, int]:
    (row,) = _sql(headwater, NUMBERS)
    return {name: int(value) for name, value in row.items()}


def _sql(headwater: Run, query: str) -> list[dict[str, str]]:
    with _warehouse(headwater):
        done = headwater("sql", query, "--format", "json")
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def _warehouse(headwater: Run) -> Iterator[None]:
    """The home's embedded server, for the time of the context, and its settings in this process's environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in headwater.environment.items():  # type: ignore[attr-defined]
            patch.setenv(name, value)
        with temporary_warehouse(HomeSettings(), WarehouseSettings()):
            yield
