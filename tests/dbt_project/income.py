"""What a ledger's movements of money add up to: by day, by cohort, and against what Stripe booked and paid out."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from tests.dbt_project.books import Json
from tests.dbt_project.ledger import Ledger

Line = tuple[date, str, bool]
"""A day, a currency, and whether the money pays for a subscription."""
Cohort = tuple[date, str]
"""The month of a first payment, and its currency."""


def invoice_of_intent(ledger: Ledger) -> dict[str, Json]:
    """Invoices by the payment intents that paid or were to pay them."""
    return {
        payment["payment"]["payment_intent"]: invoice
        for invoice in ledger.newest("invoice").values()
        for payment in invoice.get("payments", {}).get("data", [])
    }


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
