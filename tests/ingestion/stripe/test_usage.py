"""Usage to Stripe's meters: once, corrected when it changes, and never without being asked for."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from headwater.warehouse.client import Warehouse
from ingestion.stripe.usage import report_usage
from simulator.stripe import metering
from tests.ingestion.stripe.conftest import ConnectedSite

TODAY = date(2026, 6, 15)
DAY = date(2026, 6, 10)
METER = "api_calls"


class Usage:
    """What the mart says of the organizations of one test."""

    def __init__(self, warehouse: Warehouse, site: ConnectedSite) -> None:
        self._warehouse, self._metric = warehouse, f"calls-{site.site_id}"
        warehouse.command("CREATE DATABASE IF NOT EXISTS marts")
        warehouse.command(
            "CREATE TABLE IF NOT EXISTS marts.rpt_daily_usage (org_id LowCardinality(String), day Date,"
            " metric LowCardinality(String), events UInt64, quantity Decimal(38, 9)) ENGINE = MergeTree ORDER BY day"
        )
        self.meters = f"{self._metric}={METER}"

    def set(self, org: str, day: date, quantity: str) -> None:
        """The day's usage, in place of what it was."""
        self._warehouse.command(
            f"DELETE FROM marts.rpt_daily_usage WHERE org_id = '{org}' AND day = '{day}' AND metric = '{self._metric}'"
        )
        self._warehouse.command(
            f"INSERT INTO marts.rpt_daily_usage VALUES ('{org}', '{day}', '{self._metric}', 1, {quantity})"
        )


@pytest.fixture
def usage(site: ConnectedSite, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Usage]:
    """Two organizations with customers, reporting switched on."""
    for org in ("globex", "initech"):
        site.account.put("customer", f"cus_{org}", metadata={"headwater_org_id": org})
    site.load()
    of_test = Usage(warehouse, site)
    monkeypatch.setenv("HEADWATER_STRIPE_REPORT_USAGE", "true")
    monkeypatch.setenv("HEADWATER_STRIPE_METERS", of_test.meters)
    yield of_test
    # Others build this mart with dbt.
    warehouse.command("DROP TABLE marts.rpt_daily_usage")


def metered(site: ConnectedSite) -> dict[tuple[str, date], int]:
    """What the account's meter holds of each customer and day."""
    sums: dict[tuple[str, date], int] = {}
    for event in site.account.meter_events.values():
        assert event["event_name"] == METER
        day = datetime.fromtimestamp(event["timestamp"], UTC).date()
        key = event["payload"]["stripe_customer_id"], day
        sums[key] = sums.get(key, 0) + int(event["payload"]["value"])
    return sums


def test_nothing_is_reported_unless_it_is_switched_on(
    site: ConnectedSite, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADWATER_STRIPE_REPORT_USAGE")
    usage.set("globex", DAY, "5")
    assert report_usage(today=TODAY).reported == 0
    assert site.account.meter_events == {}


def test_a_day_is_reported_once_however_often_it_is_looked_at(site: ConnectedSite, usage: Usage) -> None:
    usage.set("globex", DAY, "5")
    usage.set("initech", DAY, "7")
    assert report_usage(today=TODAY).reported == 2
    assert metered(site) == {("cus_globex", DAY): 5, ("cus_initech", DAY): 7}
    assert report_usage(today=TODAY).reported == 0
    assert len(site.account.meter_events) == 2


def test_late_usage_is_added_and_erased_usage_taken_back(site: ConnectedSite, usage: Usage) -> None:
    for quantity, events in (("5", 1), ("12", 2), ("3", 3), ("0", 4)):
        usage.set("globex", DAY, quantity)
        report_usage(today=TODAY)
        assert metered(site)["cus_globex", DAY] == int(quantity)
        assert len(site.account.meter_events) == events


def test_only_whole_units_of_days_that_are_over_and_not_too_old_are_reported(site: ConnectedSite, usage: Usage) -> None:
    oldest = TODAY - timedelta(days=34)
    for day in (TODAY, oldest, oldest - timedelta(days=1)):
        usage.set("globex", day, "9.999")
    report_usage(today=TODAY)
    assert metered(site) == {("cus_globex", oldest): 9}


def test_usage_of_an_organization_without_a_customer_is_not_reported(site: ConnectedSite, usage: Usage) -> None:
    usage.set("unknown", DAY, "5")
    assert report_usage(today=TODAY).failures == []
    assert site.account.meter_events == {}


@pytest.mark.parametrize("arrived", [False, True], ids=["before Stripe had it", "after Stripe had it"])
def test_a_report_that_broke_off_is_finished_with_the_same_event(
    site: ConnectedSite, usage: Usage, arrived: bool
) -> None:
    """Whatever became of the usage meanwhile: the sum is right in the end."""
    usage.set("globex", DAY, "5")
    site.break_down(500, target="meter_events")
    report = report_usage(today=TODAY)
    assert report.reported == 0
    assert len(report.failures) == 1
    site.mend()
    planned = site.warehouse.rows(
        "SELECT * FROM raw_stripe.meter_events WHERE site_id = {site:String}", {"site": site.site_id}
    )
    assert [row["value"] for row in planned] == [5]
    if arrived:
        noon = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
        metering.report_usage(site.account, "cus_globex", METER, 5, planned[0]["identifier"], int(noon.timestamp()))
    usage.set("globex", DAY, "8")
    report_usage(today=TODAY)
    assert metered(site) == {("cus_globex", DAY): 8}
    assert json.dumps(sorted(site.account.meter_events)).count("headwater-") == 2
    assert report_usage(today=TODAY).reported == 0
