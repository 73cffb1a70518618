"""Stripe's arithmetic and Stripe's timing, on amounts that can be worked out by hand."""

from datetime import UTC, datetime

import pytest

from simulator.stripe.account import Account, Object
from simulator.stripe.balance import begin_payouts
from simulator.stripe.catalogue import make_coupon, make_meter, make_price, make_product
from simulator.stripe.changes import change_plan, change_quantity
from simulator.stripe.checkout import open_checkout
from simulator.stripe.clock import DAY, HOUR, period_end
from simulator.stripe.customers import break_card, make_customer, mend_card
from simulator.stripe.disputes import dispute
from simulator.stripe.metering import KnownIdentifier, report_usage
from simulator.stripe.money import cost, divide
from simulator.stripe.refunds import credit, refund
from simulator.stripe.subscriptions import cancel, pause, subscribe


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def account() -> Account:
    """On the first of April 2025, a Tuesday; April has thirty days."""
    return Account(at("2025-04-01"))


@pytest.fixture
def customer(account: Account) -> str:
    return make_customer(account, "ada@example.com", "Ada")


def price(account: Account, amount: int, interval: str = "month", count: int = 1) -> str:
    return make_price(account, make_product(account, f"Plan {amount}"), str(amount), "usd", interval, count)


def invoices(account: Account) -> list[Object]:
    return list(account.of("invoice").values())


def amounts(invoice: Object) -> list[int]:
    return [line["amount"] for line in invoice["lines"]["data"]]


def types(account: Account, *wanted: str) -> list[tuple[str, int]]:
    return [(event["type"], event["created"]) for event in account.events.values() if event["type"] in wanted]


def test_half_a_month_is_half_a_price(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 1900))
    account.advance(at("2025-04-16"))
    change_plan(account, subscription, price(account, 7900))
    account.advance(at("2025-05-01 01:00"))
    first, second = invoices(account)
    assert amounts(first) == [1900]
    assert amounts(second) == [-950, 3950, 7900]
    assert (second["total"], second["amount_paid"], second["status"]) == (10900, 10900, "paid")
    parents = [line["parent"]["type"] for line in second["lines"]["data"]]
    assert parents == ["invoice_item_details", "invoice_item_details", "subscription_item_details"]


def test_proration_counts_seconds_and_rounds_each_line_half_away_from_zero(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 1000))
    # A thirtieth and one second of the month are over: 1000 × 2505599 ÷ 2592000 = 966.666… of one, twice that of two.
    account.advance(at("2025-04-02 00:00:01"))
    change_quantity(account, subscription, 2)
    assert [one["amount"] for one in account.of("invoiceitem").values()] == [-967, 1933]
    # With a tenth of a second's worth to the half: 5 × half a month = 2.5, away from zero.
    odd = subscribe(account, customer, price(account, 5))
    assert amounts(account.get("invoice", account.get("subscription", odd)["latest_invoice"])) == [5]
    account.advance(at("2025-04-17 00:00:01"))
    change_quantity(account, odd, 2)
    assert [one["amount"] for one in account.of("invoiceitem").values()][2:] == [-3, 5]


def test_a_downgrade_lowers_the_invoices_to_come(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 30000))
    account.advance(at("2025-04-16"))
    change_plan(account, subscription, price(account, 3000), invoice_now=True)
    lowered = invoices(account)[1]
    assert (amounts(lowered), lowered["total"], lowered["amount_due"]) == ([-15000, 1500], -13500, 0)
    assert (lowered["status"], lowered["ending_balance"]) == ("paid", -13500)
    account.advance(at("2025-09-01 02:00"))
    assert [one["amount_due"] for one in invoices(account)[2:]] == [0, 0, 0, 0, 1500]
    assert account.get("customer", customer)["balance"] == 0


def test_another_interval_begins_a_new_period_with_what_is_left_taken_off(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 3000))
    account.advance(at("2025-04-11"))
    change_plan(account, subscription, price(account, 30000, "year"))
    changed = account.get("subscription", subscription)
    assert changed["billing_cycle_anchor"] == account.now
    assert changed["items"]["data"][0]["current_period_end"] == at("2026-04-11")
    assert amounts(invoices(account)[1]) == [-2000, 30000]
    account.advance(at("2025-05-02"))
    assert len(invoices(account)) == 2


def test_periods_are_counted_from_the_anchor() -> None:
    anchor = at("2025-01-31 12:00")
    ends = [anchor]
    for _ in range(4):
        ends.append(period_end(anchor, ends[-1], "month", 1))
    assert ends[1:] == [at("2025-02-28 12:00"), at("2025-03-31 12:00"), at("2025-04-30 12:00"), at("2025-05-31 12:00")]
    assert period_end(anchor, anchor, "month", 3) == at("2025-04-30 12:00")
    assert period_end(at("2024-02-29"), at("2024-02-29"), "year", 1) == at("2025-02-28")
    assert period_end(anchor, anchor + 15 * DAY, "week", 2) == anchor + 28 * DAY


def test_a_trial_is_free_and_paid_for_when_it_ends(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 2000), trial_days=14)
    assert account.get("subscription", subscription)["status"] == "trialing"
    account.advance(at("2025-04-15"))
    assert account.get("subscription", subscription)["status"] == "active"
    assert not account.of("charge")
    account.advance(at("2025-04-15 01:00"))
    assert [(one["total"], one["status"]) for one in invoices(account)] == [(0, "paid"), (2000, "paid")]
    assert types(account, "customer.subscription.trial_will_end") == [
        ("customer.subscription.trial_will_end", at("2025-04-12"))
    ]


def test_repeating_discounts_last_their_months_and_those_given_once_one_invoice(account: Account) -> None:
    make_coupon(account, "three", percent_off=50, duration="repeating", months=3)
    make_coupon(account, "once", amount_off=300, currency="usd", duration="once")
    plan = price(account, 1000)
    totals = {}
    for coupon in ("three", "once"):
        who = make_customer(account, f"{coupon}@example.com", coupon)
        totals[coupon] = subscribe(account, who, plan, coupon=coupon)
    account.advance(at("2025-08-01 02:00"))
    for coupon, expected in (("three", [500, 500, 500, 1000, 1000]), ("once", [700, 1000, 1000, 1000, 1000])):
        of = [one for one in invoices(account) if one["customer_name"] == coupon]
        assert [one["total"] for one in of] == expected
        assert account.get("subscription", totals[coupon])["discounts"] == []


def test_an_amount_off_is_divided_in_proportion_to_the_lines(account: Account, customer: str) -> None:
    make_coupon(account, "minus", amount_off=100, currency="usd")
    subscribe(account, customer, price(account, 1000), also=[(price(account, 2000), 1)], coupon="minus")
    lines = invoices(account)[0]["lines"]["data"]
    assert [line["discount_amounts"][0]["amount"] for line in lines] == [33, 67]
    assert divide(100, [1, 1, 1]) == [34, 33, 33]


def test_usage_is_billed_when_its_period_is_over(account: Account, customer: str) -> None:
    meter = make_meter(account, "calls")
    metered = make_price(account, make_product(account, "Calls"), "0.35", "usd", "month", meter=meter)
    subscribe(account, customer, price(account, 1000), also=[(metered, None)])
    report_usage(account, customer, "calls", 10, "one")
    with pytest.raises(KnownIdentifier):
        report_usage(account, customer, "calls", 10, "one")
    account.advance(at("2025-04-30 23:59:59"))
    report_usage(account, customer, "calls", 91)
    account.advance(at("2025-05-01 01:00"))
    report_usage(account, customer, "calls", 1000)
    assert amounts(invoices(account)[0]) == [1000]
    # 101 × 0.35 = 35.35
    assert amounts(invoices(account)[1]) == [35, 1000]


def test_a_refused_renewal_is_tried_four_times_and_then_cancelled(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 1000))
    break_card(account, customer)
    account.advance(at("2025-06-01"))
    due = at("2025-05-01 01:00")
    assert types(account, "invoice.payment_failed", "customer.subscription.deleted") == [
        ("invoice.payment_failed", due),
        ("invoice.payment_failed", due + 3 * DAY),
        ("invoice.payment_failed", due + 8 * DAY),
        ("invoice.payment_failed", due + 15 * DAY),
        ("customer.subscription.deleted", due + 15 * DAY),
    ]
    ended = account.get("subscription", subscription)
    assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", "payment_failed")


def test_a_renewal_that_is_paid_late_makes_the_subscription_active_again(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 1000))
    break_card(account, customer)
    account.advance(at("2025-05-02"))
    assert account.get("subscription", subscription)["status"] == "past_due"
    assert account.get("customer", customer)["delinquent"]
    mend_card(account, customer)
    account.advance(at("2025-05-05"))
    assert account.get("subscription", subscription)["status"] == "active"
    assert not account.get("customer", customer)["delinquent"]


def test_a_first_payment_that_fails_waits_for_a_day(account: Account, customer: str) -> None:
    break_card(account, customer)
    subscription = subscribe(account, customer, price(account, 1000))
    assert account.get("subscription", subscription)["status"] == "incomplete"
    account.advance(account.now + 23 * HOUR)
    assert account.get("subscription", subscription)["status"] == "incomplete_expired"
    assert invoices(account)[0]["status"] == "void"


def test_a_subscription_ends_with_its_period_or_at_once(account: Account, customer: str) -> None:
    later, now = (subscribe(account, customer, price(account, 1000)) for _ in range(2))
    account.advance(at("2025-04-10"))
    cancel(account, later, at_period_end=True)
    cancel(account, now)
    account.advance(at("2025-06-10"))
    assert account.get("subscription", later)["ended_at"] == at("2025-05-01")
    assert account.get("subscription", now)["ended_at"] == at("2025-04-10")
    assert len(invoices(account)) == 2


def test_nothing_is_charged_while_collection_is_paused(account: Account, customer: str) -> None:
    subscription = subscribe(account, customer, price(account, 1000))
    pause(account, subscription, resumes_at=at("2025-06-15"))
    account.advance(at("2025-07-02"))
    assert [one["status"] for one in invoices(account)] == ["paid", "void", "void", "paid"]


def test_a_dispute_takes_its_fee_whoever_wins(account: Account, customer: str) -> None:
    for _ in range(2):
        subscribe(account, customer, price(account, 1000))
    for charge, won in zip(list(account.of("charge")), (True, False), strict=True):
        dispute(account, charge, won=won)
    account.advance(account.now + 31 * DAY)
    moved = [
        [(one["amount"], one["fee"], one["net"]) for one in found["balance_transactions"]]
        for found in account.of("dispute").values()
    ]
    assert moved == [[(-1000, 1500, -2500), (1000, 0, 1000)], [(-1000, 1500, -2500)]]


def test_what_is_given_back_is_at_most_what_was_paid(account: Account, customer: str) -> None:
    subscribe(account, customer, price(account, 1000))
    (charge,) = account.of("charge")
    refund(account, charge, 300)
    with pytest.raises(ValueError, match="700 are left"):
        refund(account, charge, 701)
    refund(account, charge)
    assert account.get("charge", charge)["refunded"]
    with pytest.raises(ValueError, match="less than"):
        credit(account, invoices(account)[0]["id"], 1001)


def test_money_is_paid_out_on_working_days_and_never_less_than_nothing(account: Account, customer: str) -> None:
    begin_payouts(account)
    account.advance(at("2025-04-03 12:00"))
    subscribe(account, customer, price(account, 1000))
    (charge,) = account.of("charge")
    account.advance(at("2025-04-06 23:00"))
    # Thursday's payment is available on Saturday, and paid out on Monday.
    assert not account.of("payout")
    account.advance(at("2025-04-07 12:00"))
    (payout,) = account.of("payout").values()
    # 1000 − (2.9 % + 30)
    assert (payout["amount"], payout["created"]) == (941, at("2025-04-07 01:00"))
    refund(account, charge)
    account.advance(at("2025-04-30"))
    assert len(account.of("payout")) == 1
    assert len(account.unpaid["usd"]) == 1


def test_a_checkout_that_is_left_expires(account: Account) -> None:
    once = make_price(account, make_product(account, "Book"), "4900", "usd")
    session = open_checkout(account, "payment", once, client_reference_id="v1")
    account.advance(account.now + DAY)
    assert account.get("checkout.session", session)["status"] == "expired"


def test_packs_that_are_begun_are_paid_for(account: Account) -> None:
    packs = make_price(account, make_product(account, "Packs"), "250", "usd", "month", packs_of=3)
    assert [cost(account.get("price", packs), units) for units in (0, 1, 3, 4)] == [0, 250, 250, 500]
