"""Objects that Stripe will not show: the feed goes on without them, says so, and asks again, but not for ever."""

from datetime import UTC, datetime

import pytest

from ingestion.stripe.account import Account
from ingestion.stripe.load import load_stripe
from ingestion.stripe.refused import fetch_refused
from tests.ingestion.stripe.business import DAY, fill
from tests.ingestion.stripe.conftest import ConnectedSite
from tests.ingestion.stripe.test_backfill import assert_loaded

CHARGE = "GET /v1/charges/ch_0001"


@pytest.fixture
def refusing(site: ConnectedSite) -> ConnectedSite:
    """A site that was loaded, with a charge that was refunded a day later, which Stripe does not show any more."""
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("charge", "ch_0001", "charge.refunded", amount_refunded=50)
    site.break_down(403, target=CHARGE)
    return site


def asked(site: ConnectedSite, target: str = CHARGE) -> int:
    """How often it was asked for."""
    return len([request for request in site.served.requests if request.startswith(target)])


def refused(site: ConnectedSite) -> list[tuple[str, str]]:
    """Table and id of what Stripe does not show now."""
    account = Account("acme", site.site_id, False, datetime.now(UTC))
    return [(one.kind.table, one.id) for one in fetch_refused(site.warehouse, account)]


@pytest.mark.parametrize("status", [400, 403])
def test_what_comes_beside_and_after_a_refused_object_is_loaded(refusing: ConnectedSite, status: int) -> None:
    refusing.break_down(status, target=CHARGE)
    refusing.account.put("customer", "cus_0001", email="beside@example.com")
    (warning,) = refusing.load().warnings
    assert warning.startswith(f"{refusing.site_id}: Stripe does not show 1 objects")
    assert "/v1/charges/ch_0001" in warning
    refusing.account.advance(refusing.account.now + 60)
    refusing.account.put("customer", "cus_0002", email="after@example.com")
    assert refusing.load().warnings == []
    assert asked(refusing) == 1
    assert_loaded(refusing)
    assert refused(refusing) == [("charges", "ch_0001")]


def test_a_refused_object_is_asked_for_a_day_later_and_then_is_as_it_is(refusing: ConnectedSite) -> None:
    refusing.load()
    refusing.account.put("charge", "ch_0001", "none", amount_refunded=70)
    refusing.mend()
    refusing.account.advance(refusing.account.now + DAY - 1)
    refusing.load()
    assert refused(refusing)
    refusing.account.advance(refusing.account.now + 1)
    refusing.load()
    assert asked(refusing) == 2
    assert refused(refusing) == []
    assert_loaded(refusing)


def test_a_refused_object_is_asked_for_as_soon_as_an_event_names_it(refusing: ConnectedSite) -> None:
    refusing.load()
    refusing.mend()
    refusing.account.advance(refusing.account.now + 60)
    refusing.account.put("charge", "ch_0001", amount_refunded=100)
    refusing.load()
    assert refused(refusing) == []


def test_a_refused_object_is_asked_for_again_seven_times_and_stays_named(refusing: ConnectedSite) -> None:
    for _ in range(10):
        refusing.load()
        refusing.account.advance(refusing.account.now + DAY)
    assert asked(refusing) == 8
    assert refused(refusing) == [("charges", "ch_0001")]


def test_a_key_that_is_refused_ends_the_poll_and_the_next_one_brings_the_events(refusing: ConnectedSite) -> None:
    refusing.break_down(401, target=CHARGE)
    assert "headwater stripe connect" in load_stripe(refusing.site_id).failures[refusing.site_id]
    assert refused(refusing) == []
    refusing.mend()
    refusing.load()
    assert_loaded(refusing)


def test_a_payout_is_not_shown_until_what_it_paid_out_is(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("payout", "po_new", "payout.paid", automatic=True, reconciliation_status="completed")
    site.account.paid_out["po_new"] = ["txn_0001", "txn_0002"]
    site.break_down(403, target="payout=po_new")
    site.load()
    assert refused(site) == [("payouts", "po_new")]
    site.mend()
    site.account.advance(site.account.now + DAY)
    site.load()
    assert refused(site) == []
    assert_loaded(site)


def test_a_list_that_is_refused_leaves_its_new_objects_to_be_asked_for_one_by_one(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    for number in range(20):
        site.account.put("customer", f"cus_new_{number:02}", email=f"{number}@example.com")
    site.break_down(400, target="GET /v1/customers?")
    assert site.load().warnings == []
    assert asked(site, "GET /v1/customers/cus_new_") == 20
    assert_loaded(site)
