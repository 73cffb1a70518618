"""Polls: what changed comes in, old objects too; what did not change costs next to nothing."""

import json
import random
from collections.abc import Callable

import msgspec
import pytest

from headwater.contracts.stripe import BY_KIND
from headwater.contracts.stripe_row import build_event_row, decode_event
from headwater.landing import Frame, LandingLog
from headwater.settings import HomeSettings, LandingSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import load_once
from ingestion.stripe.load import load_stripe
from simulator.stripe.account import Account
from simulator.stripe.listing import RETAINED_DAYS
from tests.ingestion.stripe.business import DAY, fill
from tests.ingestion.stripe.conftest import ConnectedSite, connect
from tests.ingestion.stripe.test_backfill import assert_loaded, flat
from tests.served_stripe import Served

SOME_KINDS = ("customer", "subscription", "invoice", "charge", "refund", "dispute", "payout", "balance_transaction")


def test_a_poll_with_nothing_new_costs_two_requests_and_stores_no_rows(site: ConnectedSite) -> None:
    fill(site.account, 20)
    site.load()
    site.served.requests.clear()
    before = {kind.table: site.count(kind.table) for kind in BY_KIND.values()}
    report = site.load()
    assert len(site.served.requests) == report.requests == 2
    assert report.rows == {}
    assert {kind.table: site.count(kind.table) for kind in BY_KIND.values()} == before


def test_a_poll_brings_changes_to_objects_however_old_they_are(site: ConnectedSite) -> None:
    fill(site.account, 30)
    site.load()
    site.account.advance(site.account.now + 20 * DAY)
    site.account.put("subscription", "sub_0001", status="past_due")
    site.account.put("customer", "cus_0002", email="new@example.com")
    site.account.put("charge", "ch_0003", "charge.refunded", amount_refunded=50)
    site.served.requests.clear()
    site.load()
    assert_loaded(site)
    # Two lists, three objects.
    assert len(site.served.requests) == 5


def test_many_new_objects_are_read_from_lists_and_not_one_by_one(site: ConnectedSite) -> None:
    fill(site.account, 5)
    site.load()
    site.account.advance(site.account.now + DAY)
    for number in range(250):
        site.account.put("customer", f"cus_new_{number:03}", email=f"{number}@example.com")
        site.account.advance(site.account.now + 10)
    site.account.put("customer", "cus_0001", email="old@example.com")
    site.account.advance(site.account.now + 10)
    site.account.delete("customer", "cus_new_007")
    site.served.requests.clear()
    site.load()
    assert_loaded(site)
    assert site.state("customer")["cus_new_007"][0]
    lists = [request for request in site.served.requests if request.startswith("GET /v1/customers?")]
    singles = [request for request in site.served.requests if "/v1/customers/" in request]
    assert len(lists) == 3
    assert len(singles) == 1, singles


def test_many_events_about_an_object_ask_for_it_once(site: ConnectedSite) -> None:
    fill(site.account, 2)
    site.load()
    for number in range(50):
        site.account.advance(site.account.now + 60)
        site.account.put("customer", "cus_0000", balance=number)
    site.served.requests.clear()
    site.load()
    assert len([request for request in site.served.requests if "/v1/customers/cus_0000" in request]) == 1
    assert site.state("customer")["cus_0000"][1]["balance"] == 49


def test_a_deleted_object_is_kept_as_it_was_last(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("customer", "cus_0001", email="last@example.com")
    site.account.advance(site.account.now + 1)
    site.account.delete("customer", "cus_0001")
    site.load()
    is_deleted, last = site.state("customer")["cus_0001"]
    assert is_deleted
    assert last["email"] == "last@example.com"


def test_an_object_that_was_deleted_and_made_again_is_as_it_was_made(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    for percent_off in (30, 40):
        site.account.advance(site.account.now + DAY)
        site.account.delete("coupon", "co_1")
        site.account.advance(site.account.now + 60)
        site.account.put("coupon", "co_1", percent_off=percent_off)
    site.load()
    is_deleted, last = site.state("coupon")["co_1"]
    assert not is_deleted
    assert last["percent_off"] == 40


def test_an_ended_subscription_is_no_deleted_one(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("subscription", "sub_0001", "customer.subscription.deleted", status="canceled")
    site.load()
    is_deleted, last = site.state("subscription")["sub_0001"]
    assert not is_deleted
    assert last["status"] == "canceled"


def test_an_object_that_is_gone_without_an_event_of_its_end_is_marked_deleted(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("charge", "ch_0001", amount_refunded=1)
    del site.account.of("charge")["ch_0001"]
    site.load()
    assert site.state("charge")["ch_0001"][0]


def test_what_a_discount_or_a_payment_belongs_to_is_asked_for(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("subscription", "sub_0001", "none", discounts=["di_1"])
    site.account.put("invoice", "in_0001", "none", status="paid")
    template = site.account.tell("customer.discount.created", site.account.of("subscription")["sub_0001"])
    template["data"]["object"] = {
        "id": "di_1",
        "object": "discount",
        "subscription": "sub_0001",
        "customer": "cus_0001",
    }
    template = site.account.tell("invoice_payment.paid", site.account.of("invoice")["in_0001"])
    template["data"]["object"] = {"id": "inpay_1", "object": "invoice_payment", "invoice": "in_0001"}
    site.load()
    assert_loaded(site)


def test_events_about_what_is_not_loaded_or_not_there_yet_stop_no_poll(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    charge = site.account.of("charge")["ch_0001"]
    for type_, about in (
        ("account.updated", {"id": "acct_1", "object": "account", "created": None}),
        ("balance.available", {"id": None, "object": "balance"}),
        ("invoice.upcoming", {"id": "upcoming_in_1", "object": "invoice", "created": site.account.now}),
    ):
        site.account.tell(type_, charge)["data"]["object"] = about
    site.served.requests.clear()
    site.load()
    assert_loaded(site)
    assert len(site.served.requests) == 2


def test_a_payout_that_is_put_together_later_gets_its_transactions_then(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.account.put("payout", "po_new", automatic=True, reconciliation_status="in_progress")
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.paid_out["po_new"] = ["txn_0001", "txn_0002"]
    site.account.put("payout", "po_new", "payout.reconciliation_completed", reconciliation_status="completed")
    site.load()
    assert_loaded(site)


def test_a_poll_after_weeks_stores_some_days_after_the_others(site: ConnectedSite) -> None:
    fill(site.account, 5)
    site.load()
    before = count_loads(site)
    for number in range(1_200):
        site.account.advance(site.account.now + 20 * 60)
        site.account.put("customer", f"cus_new_{number:04}", balance=number)
    site.load()
    assert_loaded(site)
    # Seventeen days of 72 customers each: seven days bring more than five hundred.
    assert count_loads(site) - before == 3


def count_loads(site: ConnectedSite) -> int:
    """How often the feed was stored."""
    loads: int = site.warehouse.value(
        "SELECT count() FROM raw_stripe.checkpoints WHERE site_id = {site:String} AND object = 'events'",
        {"site": site.site_id},
    )
    return loads


def test_what_is_listed_late_is_found_by_the_look_back(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    late = site.account.put("customer", "cus_0001", "none", email="late@example.com")
    site.account.tell("customer.updated", late)["created"] -= 60
    site.account.put("balance_transaction", "txn_late", "none", amount=1, created=site.account.now - 60)
    site.load()
    assert_loaded(site)


def test_events_that_stripe_forgot_are_made_up_for_by_reading_all_lists_again(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("customer", "cus_0001", email="unseen@example.com")
    site.account.advance(site.account.now + RETAINED_DAYS * DAY)
    site.account.put("customer", "cus_0002", email="seen@example.com")
    (warning,) = site.load().warnings
    assert warning.startswith(f"{site.site_id}: no poll has succeeded for 30 days")
    assert_loaded(site)
    site.served.requests.clear()
    assert site.load().warnings == []
    assert len(site.served.requests) == 2


def test_an_account_in_which_nothing_happens_is_not_read_again_while_it_is_polled(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    for _ in range(5):
        site.account.advance(site.account.now + 9 * DAY)
        site.served.requests.clear()
        assert site.load().warnings == []
        assert len(site.served.requests) == 2


def test_events_that_stripe_forgot_are_missed_in_an_account_that_had_none_for_long(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.load()
    for _ in range(2):
        site.account.advance(site.account.now + 20 * DAY)
        site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("customer", "cus_0001", email="unseen@example.com")
    site.account.advance(site.account.now + RETAINED_DAYS * DAY)
    assert site.load().warnings
    assert_loaded(site)
    assert site.load().warnings == []


def changes(account: Account) -> list[dict[str, object]]:
    """A day's business after the first load; returns its events in order."""
    known = set(account.events)
    draw = random.Random(4)
    for number in range(40):
        account.advance(account.now + draw.choice([0, 1, 60, 3600]))
        account.put(
            "subscription", f"sub_{draw.randrange(12):04d}", status=draw.choice(["active", "past_due", "paused"])
        )
        account.put("charge", f"ch_new_{number}", amount=number)
        if number % 4 == 0:
            account.put("charge", f"ch_new_{number}", "charge.refunded", amount_refunded=number)
            account.put("refund", f"re_new_{number}", charge=f"ch_new_{number}")
    account.delete("customer", "cus_0003")
    return [event for id_, event in account.events.items() if id_ not in known]


def deliver(home: HomeSettings, site_id: str, events: list[dict[str, object]]) -> None:
    """Land the events as the API does, and load them."""
    log = LandingLog(home.stripe_landing_dir, LandingSettings())
    for whole in events:
        body = json.dumps(whole, indent=2).encode()
        event, head = decode_event(body)
        row = build_event_row("acme", site_id, body, event, head, "webhook")
        log.append_now(Frame(log.reserve(1), 1, 0, msgspec.json.encode(row) + b"\n", b""))
    log.close()
    load_once()


@pytest.mark.parametrize(
    "disturb",
    [
        lambda events: events + events,
        lambda events: random.Random(7).sample(events, len(events)),
        lambda events: random.Random(8).sample(events, len(events) // 2),
        lambda _: [],
        lambda events: random.Random(9).sample(events * 3, len(events)),
    ],
    ids=["twice", "shuffled", "half of them missing", "all missing", "some twice, some missing, shuffled"],
)
def test_however_webhooks_come_the_next_poll_ends_at_the_same_state(
    disturb: Callable[[list[dict[str, object]]], list[dict[str, object]]],
    site: ConnectedSite,
    home: HomeSettings,
    warehouse: Warehouse,
) -> None:
    fill(site.account, 12)
    site.load()
    events = changes(site.account)
    deliver(home, site.site_id, disturb(events))
    site.load()
    gone = {"cus_0003"}
    for kind in SOME_KINDS:
        state = site.state(kind)
        held = {id_: (False, flat(BY_KIND[kind], one)) for id_, one in site.account.of(kind).items()}
        loaded = {id_: (is_gone, flat(BY_KIND[kind], one)) for id_, (is_gone, one) in state.items() if id_ not in gone}
        assert loaded == held, kind
    assert site.state("customer")["cus_0003"][0]


def test_webhooks_in_order_give_that_state_before_the_poll(site: ConnectedSite, home: HomeSettings) -> None:
    fill(site.account, 12)
    site.load()
    site.account.advance(site.account.now + DAY)
    site.account.put("charge", "ch_new", amount=5)
    event = site.account.put("charge", "ch_new", "none")
    deliver(home, site.site_id, list(site.account.events.values())[-1:])
    assert site.state("charge")["ch_new"] == (False, event)


def test_two_sites_of_a_home_are_loaded_side_by_side(
    site: ConnectedSite, served: Served, home: HomeSettings, warehouse: Warehouse
) -> None:
    other = connect(served, home, warehouse)
    fill(served.account, 3)
    assert load_stripe().sites == 2
    assert_loaded(site)
    assert_loaded(other)
