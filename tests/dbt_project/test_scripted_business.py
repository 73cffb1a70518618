"""A year of a simulated business at Stripe, three hundred customers: to the cent on every day what a ledger says."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

from simulator.stripe.account import Account
from tests.dbt_project.conftest import Models
from tests.dbt_project.income import (
    find_cohorts,
    find_payers,
    find_planned_movements,
    months_between,
    sum_bookings,
    sum_by_day,
    sum_invoices,
)
from tests.dbt_project.ledger import KINDS, Ledger, name_movements
from tests.dbt_project.payers import Owner, divide_revenue, find_owners
from tests.dbt_project.scripted import DAY, ORG, ZONE, Audience, play_year

pytestmark = pytest.mark.xdist_group("earnings")

LOOKBACK = 30 * DAY


@pytest.fixture(scope="module")
def audience() -> Audience:
    return play_year()[0]


@pytest.fixture(scope="module")
def account() -> Account:
    return play_year()[1]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger(play_year()[2], ZONE)


@pytest.fixture(scope="module")
def built(earnings: Models) -> Iterator[Models]:
    with earnings.of_organization(ORG) as models:
        yield models


def test_recurring_revenue_and_its_movements_are_those_of_the_ledger_on_every_day(
    built: Models, account: Account, ledger: Ledger
) -> None:
    closings = list(ledger.days(date(2024, 12, 30), account.now))
    expected: Counter[tuple[date, str]] = Counter()
    for day, lines in closings:
        for (currency, *_), amount in lines.items():
            expected[day, currency] += amount
    rows = built.client.rows("SELECT day, currency, opening, closing FROM marts.rpt_mrr_daily")
    assert {(row["day"], row["currency"]): row["closing"] for row in rows if row["closing"]} == expected
    assert {currency for _, currency in expected} == {"usd", "eur", "jpy"}
    assert max(row["day"] for row in rows) == closings[-1][0]
    found = built.client.query(
        "SELECT day, kind, currency, customer_id, subscription_id, product_id, amount FROM marts.fct_mrr_movements"
    )[1]
    moved = name_movements(closings)
    assert {tuple(row[:-1]): row[-1] for row in found} == moved
    assert len(found) == len(moved)
    assert {key[1] for key in moved} == {"new", "expansion", "contraction", "churn", "reactivation"}


def test_what_is_subscribed_to_now_is_what_the_last_day_closes_with(
    built: Models, account: Account, ledger: Ledger
) -> None:
    planned = built.client.value(
        "SELECT count() FROM intermediate.int_subscription_periods WHERE valid_from > {now:UInt32}",
        {"now": account.now},
    )
    assert planned > 0, "no end of a trial or of a discount is to come"
    rows = built.client.rows("SELECT subscription_id, valid_from, valid_to, is_current FROM marts.dim_subscriptions")
    assert all(row["valid_from"].timestamp() <= account.now for row in rows)
    current = Counter(row["subscription_id"] for row in rows if row["is_current"])
    assert current == Counter({row["subscription_id"] for row in rows})
    expected: Counter[tuple[str, str]] = Counter()
    for (currency, customer, _, _), amount in ledger.mrr(account.now).items():
        expected[customer, currency] += amount
    customers = built.client.rows("SELECT customer_id, mrr FROM marts.dim_customers")
    assert {
        (row["customer_id"], currency): mrr for row in customers for currency, mrr in row["mrr"].items()
    } == expected


def test_what_subscriptions_earned_is_what_the_ledger_says_from_the_first_to_the_last_second_of_every_version(
    built: Models, account: Account, ledger: Ledger
) -> None:
    rows = built.client.rows(
        "SELECT subscription_id, mrr, intDiv(toUnixTimestamp64Milli(valid_from), 1000) AS begins,"
        " intDiv(toUnixTimestamp64Milli(valid_to), 1000) AS ends"
        " FROM marts.dim_subscriptions ORDER BY subscription_id, valid_from"
    )
    versions: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        name = row["subscription_id"]
        versions[name].append((row["begins"], row["ends"]))
        for at in (row["begins"], min(row["ends"] - 1, account.now)):
            assert ledger.earned(name, at) == row["mrr"], (name, at)
    subscriptions = ledger.newest("subscription")
    assert versions.keys() == subscriptions.keys()
    for name, spans in versions.items():
        assert spans[0][0] == subscriptions[name]["start_date"]
        assert [ends for _, ends in spans[:-1]] == [begins for begins, _ in spans[1:]], name
        assert spans[-1][1] > account.now
    assert len(rows) > 2 * len(versions)


def test_customers_paid_what_and_when_the_ledger_says(built: Models, account: Account, ledger: Ledger) -> None:
    payers = find_payers(ledger)
    rows = built.client.rows(
        "SELECT customer_id, is_deleted, payments, net, toUnixTimestamp(first_paid_at) AS first_at,"
        " toUnixTimestamp(last_paid_at) AS last_at FROM marts.dim_customers"
    )
    assert {row["customer_id"] for row in rows} == ledger.newest("customer").keys()
    for row in rows:
        payer = payers[row["customer_id"]]
        # A currency in which all was given back may be there with nothing.
        assert {currency: net for currency, net in row["net"].items() if net} == {
            currency: net for currency, net in payer.net.items() if net
        }
        assert row["payments"] == len(payer.paid_at)
        assert row["first_at"] == min(payer.paid_at, default=0)
        assert row["last_at"] == max(payer.paid_at, default=0)
    gone = {one["data"]["object"]["id"] for one in account.events.values() if one["type"] == "customer.deleted"}
    assert {row["customer_id"] for row in rows if row["is_deleted"]} == gone
    assert len([row for row in rows if row["payments"] > 1]) > 100
    assert [row for row in rows if not row["payments"]]


def test_every_movement_of_money_and_every_day_of_revenue_is_that_of_the_ledger(built: Models, ledger: Ledger) -> None:
    moved = ledger.transactions()
    expected = {
        name: (one["kind"], ledger.day_of(one["at"]), one["amount"], one["currency"], one["charge"])
        for name, one in moved.items()
    }
    rows = built.client.query(
        "SELECT transaction_id, kind, day, amount, currency, charge_id FROM marts.fct_transactions"
    )[1]
    assert {row[0]: tuple(row[1:]) for row in rows} == expected
    assert {one["kind"] for one in moved.values()} == set(KINDS) - {"payment_failure"}
    sums = sum_by_day(ledger)
    daily = built.client.rows("SELECT * FROM marts.rpt_revenue_daily")
    assert len(daily) == len({line for line, _ in sums})
    for row in daily:
        line = (row["day"], row["currency"], row["is_recurring"])
        assert row["gross"] == sums[line, "payment"]
        assert row["refunded"] == -sums[line, "refund"] - sums[line, "refund_failure"]
        assert row["disputed"] == -sums[line, "dispute"] - sums[line, "dispute_reversal"]
        assert row["net"] == sums[line, "net"]


def test_what_was_paid_for_an_invoice_is_what_it_comes_to_with_its_taxes(built: Models, ledger: Ledger) -> None:
    """Tax is a part of what customers pay, and so of the revenue."""
    sums, invoices = sum_invoices(ledger), ledger.newest("invoice")
    expected = {}
    for name, (net, taxes) in sums.items():
        invoice = invoices[name]
        assert invoice["total"] == net + taxes
        if invoice["status"] == "paid":
            due = max(net + taxes + invoice["starting_balance"], 0) - invoice["pre_payment_credit_notes_amount"]
            expected |= {name: due} if due else {}
    rows = built.client.query(
        "SELECT invoice_id, sum(amount) FROM marts.fct_transactions WHERE kind = 'payment' AND invoice_id != ''"
        " GROUP BY invoice_id"
    )[1]
    assert {row[0]: row[1] for row in rows} == expected
    assert len([name for name in expected if sums[name][1]]) > 40


def test_what_was_planned_moves_recurring_revenue_on_its_day(built: Models, ledger: Ledger) -> None:
    planned = find_planned_movements(ledger)
    assert len(planned) >= 3
    for subscription, (day, expected) in planned.items():
        rows = built.client.query(
            "SELECT product_id, sum(amount) FROM marts.fct_mrr_movements"
            " WHERE subscription_id = {subscription:String} AND day = {day:Date} GROUP BY product_id",
            {"subscription": subscription, "day": day},
        )[1]
        assert {row[0]: row[1] for row in rows} == expected


def test_lifetime_values_are_those_of_the_ledger(built: Models, account: Account, ledger: Ledger) -> None:
    cohorts = find_cohorts(ledger)
    rows = built.client.rows("SELECT * FROM marts.rpt_customer_ltv_cohorts")
    assert {(row["cohort_month"], row["currency"]) for row in rows} == set(cohorts.customers)
    for row in rows:
        cohort, age = (row["cohort_month"], row["currency"]), row["months_since"]
        assert row["customers"] == cohorts.customers[cohort]
        assert row["net"] == cohorts.earned[cohort, age]
        assert row["cumulative_net"] == sum(cohorts.earned[cohort, month] for month in range(age + 1))
    last = max(ledger.day_of(account.now).replace(day=1), cohorts.last)
    assert Counter((row["cohort_month"], row["currency"]) for row in rows) == {
        cohort: months_between(cohort[0], last) + 1 for cohort in cohorts.customers
    }


def test_nothing_differs_from_what_stripe_booked_and_paid_out(built: Models, ledger: Ledger) -> None:
    rows = built.client.rows("SELECT * FROM marts.rpt_stripe_reconciliation")
    booked = {(row["day"], row["currency"], row["area"]): row["booked"] for row in rows}
    assert booked == dict(sum_bookings(ledger))
    assert all(row["difference"] == 0 and not row["differing_ids"] for row in rows)
    assert {row["area"] for row in rows} == {"transactions", "payouts"}


def test_payers_are_found_and_what_they_pay_is_divided_to_the_cent(
    built: Models, ledger: Ledger, audience: Audience
) -> None:
    owners: dict[str, tuple[Owner, str]] = find_owners(ledger, audience.known)
    rows = built.client.rows("SELECT charge_id, matched_by FROM marts.fct_transactions")
    assert {row["charge_id"]: row["matched_by"] for row in rows} == {
        row["charge_id"]: owners.get(row["charge_id"], ("", ""))[1] for row in rows
    }
    assert {by for _, by in owners.values()} == {"client_reference_id", "metadata", "user", "email_hash"}
    assert any(row["matched_by"] == "" for row in rows)
    divided = built.client.query(
        "SELECT transaction_id, toString(model), position, amount, is_first_payment FROM marts.fct_revenue_attribution"
    )[1]
    expected = divide_revenue(ledger, owners, audience.touches, LOOKBACK)
    assert {tuple(row[:3]): tuple(row[3:]) for row in divided} == expected
    moved = ledger.transactions()
    sums: Counter[tuple[str, str]] = Counter()
    for name, model, _, amount, _ in divided:
        sums[name, model] += amount
    assert all(amount == moved[name]["amount"] for (name, _), amount in sums.items())
    assert len(sums) == len(moved) * 6
