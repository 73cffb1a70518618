"""What a ledger's movements of money add up to: by day, by cohort, by invoice, and against what Stripe booked."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tests.dbt_project.books import Json
from tests.dbt_project.ledger import Ledger, round_half_away

Line = tuple[date, str, bool]
"""A day, a currency, and whether the money pays for a subscription."""
Divided = tuple[date, str, str]
"""A day, a model of attribution, and a currency."""
Cohort = tuple[date, str]
"""The month of a first payment, and its currency."""


def invoice_of_intent(ledger: Ledger) -> dict[str, Json]:
    """Invoices by the payment intents that paid or were to pay them."""
    return {
        payment["payment"]["payment_intent"]: invoice
        for invoice in ledger.newest("invoice").values()
        for payment in invoice.get("payments", {}).get("data", [])
    }


def sum_invoices(ledger: Ledger) -> dict[str, tuple[int, int]]:
    """By invoice: what its lines come to without their discounts, and the taxes that its subscription is given."""
    subscriptions = ledger.newest("subscription")
    sums = {}
    for name, invoice in ledger.newest("invoice").items():
        rates = subscriptions[invoice["parent"]["subscription_details"]["subscription"]]["default_tax_rates"]
        nets = [one["amount"] - sum(d["amount"] for d in one["discount_amounts"]) for one in invoice["lines"]["data"]]
        taxes = (round_half_away(net * Fraction(str(of["percentage"])) / 100) for of in rates for net in nets)
        sums[name] = sum(nets), sum(taxes)
    return sums


def find_planned_movements(ledger: Ledger) -> dict[str, tuple[date, Counter[str]]]:
    """By subscription that a schedule changed: on which day, and by product what is lost and gained a month.

    Of what was planned, and not of what became of the subscription.
    """
    planned = {}
    for schedule in ledger.newest("subscription_schedule").values():
        if schedule["status"] == "released":
            moved: Counter[str] = Counter()
            for sign, phase in zip((-1, 1), schedule["phases"], strict=True):
                (item,) = phase["items"]
                price = ledger.prices[item["price"]]
                assert price["recurring"]["interval"] == "month"
                moved[price["product"]] += sign * item["quantity"] * price["unit_amount"]
            planned[schedule["released_subscription"]] = ledger.day_of(schedule["phases"][1]["start_date"]), moved
    return planned


def sum_by_day(ledger: Ledger) -> Counter[tuple[Line, str]]:
    """Minor units by line and kind of movement, 'net' for all kinds."""
    charges, invoices = ledger.newest("charge"), invoice_of_intent(ledger)
    sums: Counter[tuple[Line, str]] = Counter()
    for one in ledger.transactions().values():
        invoice = invoices.get(charges[one["charge"]]["payment_intent"])
        is_recurring = bool(invoice and invoice["parent"]["subscription_details"]["subscription"])
        line = (ledger.day_of(one["at"]), one["currency"], is_recurring)
        sums[line, one["kind"]] += one["amount"]
        sums[line, "net"] += one["amount"]
    return sums


def sum_divided(ledger: Ledger, divided: Mapping[tuple[str, str, int], tuple[int, bool]]) -> dict[Divided, list[int]]:
    """By day, model and currency: gross, net, first gross and first net of what `divide_revenue` says."""
    moved = ledger.transactions()
    sums: defaultdict[Divided, list[int]] = defaultdict(lambda: [0] * 4)
    for (name, model, _), (amount, is_first) in divided.items():
        one = moved[name]
        paid = amount if one["kind"] in ("payment", "payment_failure") else 0
        line = sums[ledger.day_of(one["at"]), model, one["currency"]]
        for column, part in enumerate((paid, amount, paid * is_first, amount * is_first)):
            line[column] += part
    return sums


@dataclass
class Payer:
    """What a customer paid by currency, less what was given back, and when."""

    net: Counter[str] = field(default_factory=Counter)
    paid_at: list[int] = field(default_factory=list)


def find_payers(ledger: Ledger) -> defaultdict[str, Payer]:
    """By customer."""
    charges = ledger.newest("charge")
    payers: defaultdict[str, Payer] = defaultdict(Payer)
    for one in ledger.transactions().values():
        payer = payers[charges[one["charge"]]["customer"] or ""]
        payer.net[one["currency"]] += one["amount"]
        if one["kind"] == "payment":
            payer.paid_at.append(one["at"])
    return payers


@dataclass
class Cohorts:
    """Customers by cohort, and what they paid by cohort and months since the first payment's."""

    customers: Counter[Cohort]
    earned: Counter[tuple[Cohort, int]]
    last: date
    """The first of the last month in which anything was earned."""


def find_cohorts(ledger: Ledger) -> Cohorts:
    """Who pays without being a customer is one by the payment."""
    charges = ledger.newest("charge")
    paid = [
        (charges[one["charge"]]["customer"] or one["charge"], one["currency"], ledger.day_of(one["at"]), one)
        for one in ledger.transactions().values()
    ]
    first: dict[tuple[str, str], date] = {}
    for payer, currency, day, one in paid:
        if one["kind"] == "payment":
            first[payer, currency] = min(day, first.get((payer, currency), day)).replace(day=1)
    earned: Counter[tuple[Cohort, int]] = Counter()
    for payer, currency, day, one in paid:
        cohort = first[payer, currency]
        earned[(cohort, currency), max(months_between(cohort, day), 0)] += one["amount"]
    customers = Counter((month, currency) for (_, currency), month in first.items())
    return Cohorts(customers, earned, max(day for _, _, day, _ in paid).replace(day=1))


def months_between(first: date, day: date) -> int:
    """From the month of one day to that of another."""
    return (day.year - first.year) * 12 + day.month - first.month


def sum_bookings(ledger: Ledger) -> Counter[tuple[date, str, str]]:
    """By day, currency and 'transactions' or 'payouts': what Stripe says was booked and paid out."""
    sums: Counter[tuple[date, str, str]] = Counter()
    moved = ("charge", "charge_failure", "refund", "refund_failure", "dispute", "dispute_reversal")
    for booked in ledger.newest("balance_transaction").values():
        if booked["reporting_category"] in moved:
            sums[ledger.day_of(booked["created"]), booked["currency"], "transactions"] += booked["amount"]
    for payout in ledger.newest("payout").values():
        sums[ledger.day_of(payout["created"]), payout["currency"], "payouts"] += payout["amount"]
    return sums
