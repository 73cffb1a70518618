"""What holds of an account at any time, seen on a year of business: its balance, its invoices, its events."""

from collections import Counter, defaultdict

import pytest

from headwater.contracts.stripe import BY_KIND
from simulator.stripe.account import Account, show
from simulator.stripe.business import script_business
from tests.simulator.stripe.conftest import BEGINS


def test_every_booking_is_its_amount_without_its_fees(year: Account) -> None:
    for booked in year.of("balance_transaction").values():
        assert booked["net"] == booked["amount"] - booked["fee"]
        assert booked["fee"] == sum(fee["amount"] for fee in booked["fee_details"])


def test_every_movement_of_money_is_booked_once(year: Account) -> None:
    moved: Counter[tuple[str, int, str]] = Counter()
    for charge in year.of("charge").values():
        if charge["status"] == "succeeded":
            moved[charge["id"], charge["amount"], "charge"] += 1
    for refund in year.of("refund").values():
        moved[refund["id"], -refund["amount"], "refund"] += 1
        if refund["status"] == "failed":
            moved[refund["id"], refund["amount"], "refund_failure"] += 1
    for dispute in year.of("dispute").values():
        if dispute["status"] in ("won", "lost"):
            moved[dispute["id"], -dispute["amount"], "dispute"] += 1
        if dispute["status"] == "won":
            moved[dispute["id"], dispute["amount"], "dispute_reversal"] += 1
    for payout in year.of("payout").values():
        moved[payout["id"], -payout["amount"], "payout"] += 1
        if payout["status"] == "failed":
            moved[payout["id"], payout["amount"], "payout_reversal"] += 1
    booked = Counter(
        (one["source"], one["amount"], one["reporting_category"]) for one in year.of("balance_transaction").values()
    )
    assert booked == moved


def test_payouts_pay_out_everything_available_once_and_to_the_cent(year: Account) -> None:
    booked = year.of("balance_transaction")
    members = [id_ for paid in year.paid_out.values() for id_ in paid]
    assert len(set(members)) == len(members)
    assert set(members) | {id_ for waiting in year.unpaid.values() for id_ in waiting} == set(booked)
    for id_, paid in year.paid_out.items():
        payout = year.get("payout", id_)
        assert paid[-1] == payout["balance_transaction"]
        assert sum(booked[one]["net"] for one in paid) == 0
        assert payout["amount"] == sum(booked[one]["net"] for one in paid[:-1]) > 0
        assert {booked[one]["currency"] for one in paid} == {payout["currency"]}
        assert all(booked[one]["available_on"] <= payout["created"] for one in paid)
    assert {payout["currency"] for payout in year.of("payout").values()} == {"usd", "eur", "jpy"}
    assert {payout["currency"] for payout in year.of("payout").values() if payout["status"] == "failed"} == {"usd"}


def test_invoices_add_up_line_by_line(year: Account) -> None:
    for invoice in year.of("invoice").values():
        lines = invoice["lines"]["data"]
        assert invoice["subtotal"] == sum(line["amount"] for line in lines)
        taken = {one["discount"]: one["amount"] for one in invoice["total_discount_amounts"]}
        off = [one for line in lines for one in line["discount_amounts"]]
        assert taken == {id_: sum(one["amount"] for one in off if one["discount"] == id_) for id_ in taken}
        assert {one["discount"] for one in off} <= set(taken) == set(invoice["discounts"])
        assert invoice["total_excluding_tax"] == invoice["subtotal"] - sum(taken.values())
        added = [one["amount"] for line in lines for one in line["taxes"]]
        assert sum(added) == sum(one["amount"] for one in invoice["total_taxes"])
        assert invoice["total"] == invoice["total_excluding_tax"] + sum(added)
        for line in lines:
            assert 0 <= sum(one["amount"] for one in line["discount_amounts"]) <= max(line["amount"], 0)
            assert line["discountable"] or not line["discount_amounts"]
        if invoice["number"]:
            due = max(invoice["total"] + invoice["starting_balance"], 0) - invoice["pre_payment_credit_notes_amount"]
            assert invoice["amount_due"] == due == invoice["amount_paid"] + invoice["amount_remaining"]


def test_what_invoices_say_was_paid_is_what_was_charged(year: Account) -> None:
    charged = {
        charge["payment_intent"]: charge["amount"]
        for charge in year.of("charge").values()
        if charge["status"] == "succeeded"
    }
    for invoice in year.of("invoice").values():
        paid = [one["payment"]["payment_intent"] for one in invoice["payments"]["data"] if one["status"] == "paid"]
        assert invoice["amount_paid"] == sum(charged[intent] for intent in paid)
        assert (invoice["status"] == "paid") == (invoice["status_transitions"]["paid_at"] is not None)


def test_customers_have_the_balance_that_their_invoices_left(year: Account) -> None:
    balances: Counter[str] = Counter()
    for invoice in year.of("invoice").values():
        if invoice["number"] and invoice["status"] != "void":
            balances[invoice["customer"]] += invoice["ending_balance"] - invoice["starting_balance"]
    for note in year.of("credit_note").values():
        if note["type"] == "post_payment" and not note["refunds"]:
            balances[note["customer"]] -= note["amount"]
    held = {id_: one["balance"] for id_, one in year.of("customer").items() if one["balance"]}
    assert held == {id_: amount for id_, amount in balances.items() if amount and id_ in year.of("customer")}
    assert any(amount < 0 for amount in held.values())


def test_events_replayed_are_the_objects(year: Account) -> None:
    """And each says what was before it."""
    replayed: defaultdict[str, dict[str, object]] = defaultdict(dict)
    gone = set()
    for event in year.events.values():
        about = event["data"]["object"]
        before = replayed[about["object"]].get(about["id"])
        if previous := event["data"].get("previous_attributes"):
            assert isinstance(before, dict)
            assert {name: before.get(name) for name in previous} == previous
            assert all(about.get(name) != value for name, value in previous.items())
        replayed[about["object"]][about["id"]] = about
        if event["type"] == "customer.deleted":
            gone.add(about["id"])
    for kind in BY_KIND.values():
        if kind.has_events and kind.kind != "checkout.session":
            held = {id_: show(one) for id_, one in year.of(kind.kind).items()}
            assert {id_: one for id_, one in replayed[kind.kind].items() if id_ not in gone} == held
    sessions = year.of("checkout.session")
    assert {id_ for id_, one in sessions.items() if one["status"] != "open"} == set(replayed["checkout.session"])
    assert gone


def test_ids_and_times_go_up(year: Account) -> None:
    for path, held in (("events", year.events), *year.objects.items()):
        # The business names its coupons itself.
        assert path == "coupons" or list(held) == sorted(held)
        times = [one["created"] for one in held.values() if "created" in one]
        assert times == sorted(times)
    assert len({*year.events, *(id_ for held in year.objects.values() for id_ in held)}) == len(year.events) + sum(
        map(len, year.objects.values())
    )


def play(seed: int, customers: int = 40) -> Account:
    account = Account(BEGINS)
    days = list(script_business(account, seed, BEGINS, months=4, customers=customers))
    assert len(days) == 120
    assert account.now == BEGINS + 120 * 86_400
    return account


def test_a_seed_always_gives_the_same_business() -> None:
    one, again, other = play(3), play(3), play(4)
    assert one.objects == again.objects
    assert one.events == again.events
    assert one.events != other.events


def test_the_business_goes_through_everything(year: Account) -> None:
    types = {event["type"] for event in year.events.values()}
    assert types >= {
        *("charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.failed", "charge.refunded"),
        *("checkout.session.completed", "checkout.session.expired", "credit_note.created", "customer.deleted"),
        *("customer.discount.deleted", "customer.subscription.deleted", "customer.subscription.trial_will_end"),
        *("invoice.marked_uncollectible", "invoice.payment_failed", "invoice.voided", "payout.paid", "refund.failed"),
        *("payout.reconciliation_completed", "payment_intent.canceled", "customer.subscription.updated"),
    }
    told = [e["data"]["object"] for e in year.events.values() if e["type"].startswith("customer.subscription.")]
    states = {one["status"] for one in told}
    assert states == {"active", "canceled", "incomplete", "incomplete_expired", "past_due", "trialing", "unpaid"}
    paused = {one["pause_collection"]["behavior"] for one in told if one["pause_collection"]}
    assert paused == {"void", "keep_as_draft", "mark_uncollectible"}
    intervals = {
        (item["price"]["recurring"]["interval"], item["price"]["recurring"]["interval_count"])
        for one in told
        for item in one["items"]["data"]
    }
    assert intervals == {("week", 1), ("month", 1), ("month", 3), ("year", 1)}
    assert {one["status"] for one in year.of("dispute").values()} == {"won", "lost", "warning_closed"}
    coupons = [year.get("coupon", one["source"]["coupon"]) for one in year.of("discount").values()]
    assert {one["duration"] for one in coupons} == {"once", "repeating", "forever"}
    assert {one["percent_off"] is None for one in coupons} == {True, False}
    assert {one["type"] for one in year.of("credit_note").values()} == {"pre_payment", "post_payment"}
    assert {bool(one["customer"]) for one in year.of("charge").values()} == {True, False}
    assert {one["status"] for one in year.of("subscription_schedule").values()} == {"canceled", "released"}
    assert {bool(one["total_taxes"]) for one in year.of("invoice").values()} == {True, False}
    returned = Counter(one["customer"] for one in year.of("subscription").values())
    assert max(returned.values()) > 1


def test_time_does_not_go_back() -> None:
    account = Account(BEGINS)
    with pytest.raises(ValueError, match="already"):
        account.advance(BEGINS - 1)
