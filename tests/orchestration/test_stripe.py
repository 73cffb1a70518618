"""Stripe under Dagster: an outage stops nothing, loses nothing, and is noticed."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from headwater.control import make_secret_key
from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import load_once
from ingestion.lock import load_lock
from orchestration.defs.ingestion.stripe import every_object_is_shown, exchange_rates, polled_in_time, stripe_tables
from orchestration.lib.stripe_check import fetch_last_polls, judge_polls
from simulator.stripe.account import Account
from tests.ingestion.stripe.business import DAY, fill
from tests.ingestion.stripe.conftest import ConnectedSite, connect
from tests.served_stripe import BEGINS, serve

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def site(home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectedSite]:
    with serve(Account(BEGINS)) as served:
        monkeypatch.setenv("HEADWATER_STRIPE_API_BASE", served.address)
        monkeypatch.setenv("HEADWATER_STRIPE_PATIENCE_SECONDS", "0")
        monkeypatch.setenv("HEADWATER_SECRET_KEY", make_secret_key())
        fill(served.account, 5)
        yield connect(served, home, warehouse)


def poll() -> tuple[bool, bool]:
    """Whether the load succeeded, and whether the check passed."""
    result = dg.materialize([stripe_tables, polled_in_time], raise_on_error=False)
    (check,) = result.get_asset_check_evaluations()
    return result.success, check.passed


def test_an_outage_leaves_the_data_and_fails_the_check(site: ConnectedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    assert poll() == (True, True)
    assert site.count("charges") == 5
    site.break_down(503)
    monkeypatch.setenv("HEADWATER_STRIPE_LATE_MINUTES", "0.0001")
    assert poll() == (True, False)
    assert site.count("charges") == 5
    site.mend()
    monkeypatch.delenv("HEADWATER_STRIPE_LATE_MINUTES")
    assert poll() == (True, True)


def test_a_key_that_cannot_be_read_is_an_outage_too(site: ConnectedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", "")
    monkeypatch.setenv("HEADWATER_STRIPE_LATE_MINUTES", "0.0001")
    assert poll() == (True, False)


def test_a_poll_does_not_wait_for_a_first_load_that_takes_hours(site: ConnectedSite, home: HomeSettings) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with load_lock(home, 0, "stripe"):
            held.set()
            done.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(10)
        assert poll()[0]
    finally:
        done.set()
        other.join()


def test_a_site_that_was_never_loaded_is_late_from_its_connection_on(site: ConnectedSite, warehouse: Warehouse) -> None:
    load_once()
    polls = fetch_last_polls(WarehouseSettings())
    assert set(polls) == {site.site_id}
    assert datetime.now(UTC) - polls[site.site_id] < timedelta(minutes=1)


def test_the_verdict_names_the_accounts_that_are_late() -> None:
    polls = {"blog": NOW - timedelta(minutes=91), "shop": NOW - timedelta(minutes=89)}
    verdict = judge_polls(polls, NOW, timedelta(minutes=90))
    assert not verdict.passed
    assert "blog for 91 min" in verdict.description
    assert "shop" not in verdict.description
    assert judge_polls({}, NOW, timedelta(minutes=90)).passed


def test_an_object_that_stripe_refuses_is_a_warning_that_names_it_until_it_is_shown(site: ConnectedSite) -> None:
    def shown() -> dg.AssetCheckEvaluation:
        result = dg.materialize([stripe_tables, every_object_is_shown])
        (check,) = result.get_asset_check_evaluations()
        return check

    assert shown().passed
    site.account.advance(site.account.now + DAY)
    site.account.put("charge", "ch_0001", "charge.refunded", amount_refunded=50)
    site.break_down(403, target="/v1/charges/ch_0001")
    refused = shown()
    assert not refused.passed
    assert refused.severity is dg.AssetCheckSeverity.WARN
    assert f"{site.site_id}: the Stripe key may not read /v1/charges/ch_0001" in str(refused.description)
    site.mend()
    site.account.advance(site.account.now + DAY)
    assert shown().passed


def test_rates_are_loaded_where_a_source_is_set(
    home: HomeSettings, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dg.materialize([exchange_rates]).success
    (tmp_path / "of-dagster.csv").write_text("day,currency,rate\n2026-03-01,XDD,1.5\n")
    monkeypatch.setenv("HEADWATER_RATES_SOURCE", str(tmp_path / "of-dagster.csv"))
    assert dg.materialize([exchange_rates]).success
    assert warehouse.value("SELECT count() FROM raw_rates.exchange_rates WHERE currency = 'XDD'") == 1
