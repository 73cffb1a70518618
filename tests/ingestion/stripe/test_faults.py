"""Stripe away, slow, or saying to slow down: what is loaded stays, and the rest comes when it can."""

import time
from collections.abc import Iterator

import pytest

from headwater.settings import StripeSettings
from headwater.warehouse.client import Warehouse, WarehouseAway
from ingestion.stripe.client import StripeApi
from ingestion.stripe.load import load_stripe
from ingestion.stripe.pace import Pace, Patience
from tests.ingestion.stripe.business import fill
from tests.ingestion.stripe.conftest import ConnectedSite
from tests.ingestion.stripe.test_backfill import assert_loaded
from tests.served_stripe import RESTRICTED, Served


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [(429, "0"), (500, ""), (503, "0.01"), (409, ""), (0, "")],
    ids=["429", "500", "503", "409", "connection dropped"],
)
def test_every_seventh_request_may_fail(
    site: ConnectedSite, status: int, retry_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STRIPE_PATIENCE_SECONDS", "60")
    fill(site.account, 30)
    site.break_down(status, every=7, retry_after=retry_after)
    site.load()
    assert_loaded(site)
    assert len(site.served.requests) > 21


def test_retry_after_is_waited_for(site: ConnectedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_STRIPE_PATIENCE_SECONDS", "60")
    site.break_down(429, times=1, retry_after="2")
    began = time.monotonic()
    site.load()
    assert time.monotonic() - began >= 2


def test_an_outage_leaves_what_was_loaded_and_says_so(site: ConnectedSite) -> None:
    fill(site.account, 30)
    site.load()
    charges = site.count("charges")
    site.break_down(503)
    report = load_stripe(site.site_id)
    assert "Stripe does not answer /v1/events" in report.failures[site.site_id]
    assert site.count("charges") == charges
    site.mend()
    site.account.put("charge", "ch_0001", amount_refunded=1)
    site.load()
    assert_loaded(site)


def test_an_outage_in_the_middle_of_a_list_keeps_what_came_before(
    site: ConnectedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STRIPE_PAGE_SIZE", "5")
    fill(site.account, 30)
    site.break_down(500, target="starting_after=ch_0015")
    assert load_stripe(site.site_id).failures
    assert site.count("charges") == 15
    site.mend()
    site.served.requests.clear()
    site.load()
    assert_loaded(site)
    assert not [request for request in site.served.requests if "/v1/customers?" in request]


def test_an_answer_that_is_no_list_is_said_to_be_one(site: ConnectedSite) -> None:
    site.break_down(200, target="/v1/charges")
    report = load_stripe(site.site_id)
    assert "what is no list" in report.failures[site.site_id]


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Iterator[Clock]:
    return Clock()


def test_requests_keep_below_the_rate_after_a_burst(clock: Clock) -> None:
    pace = Pace(20, clock, clock.sleep)
    for _ in range(220):
        pace.wait()
    assert clock.now == pytest.approx(10)


def test_every_request_to_stripe_waits_for_its_turn(served: Served) -> None:
    api = StripeApi(RESTRICTED, StripeSettings(requests_per_second=10))
    began = time.monotonic()
    for _ in range(30):
        api.get("/v1/events", {})
    # Ten at once, the others ten a second.
    assert time.monotonic() - began >= 1.9
    assert len(served.requests) == 30


def test_pauses_grow_until_patience_ends(clock: Clock) -> None:
    patience = Patience(120, clock, clock.sleep)
    pauses = []
    before = 0.0
    while patience.pause(None):
        pauses.append(clock.now - before)
        before = clock.now
    assert 0.25 <= pauses[0] <= 0.5
    assert max(pauses) <= 30
    assert 90 <= clock.now <= 120
    assert len(pauses) < 20


def test_a_pause_is_as_long_as_asked_for_and_not_begun_when_that_is_too_long(clock: Clock) -> None:
    patience = Patience(60, clock, clock.sleep)
    assert patience.pause(20)
    assert clock.now == 20
    assert not patience.pause(41)
    assert clock.now == 20


def test_the_warehouse_away_is_no_matter_of_one_site(
    site: ConnectedSite, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", "9")
    with pytest.raises(WarehouseAway):
        load_stripe(site.site_id)
