"""What a simulated account earns a month, counted from its objects as each day ends, with no SQL."""

from collections import Counter
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction

from simulator.stripe.account import Account, Object
from simulator.stripe.discounts import Term, find_terms
from simulator.stripe.money import cost, round_half_away

Closings = dict[tuple[date, str], int]
"""By day and currency: minor units a month as the day ended. What earns nothing is left out."""

_MONTHS = {"day": Fraction(365, 12), "week": Fraction(52, 12), "month": Fraction(1), "year": Fraction(1, 12)}


def watch_recurring(account: Account, first: date, last: date, zone: tzinfo) -> Closings:
    """Have it counted at the end of each day of a zone from ``first`` to ``last``, while the account lives on.

    The result fills as time passes. Ask before anything else is planned: of what happens at the very moment at which a
    day begins, nothing is counted for the day before.
    """
    closings: Closings = {}
    day = first
    while day <= last:
        following = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        account.schedule(int(following.timestamp()), _Closing(account, closings, day), before_others=True)
        day += timedelta(days=1)
    return closings


class _Closing:
    """The end of one day."""

    def __init__(self, account: Account, closings: Closings, day: date) -> None:
        self._account, self._closings, self._day = account, closings, day

    def __call__(self) -> None:
        earned = count_recurring(self._account, self._account.now - 1)
        self._closings.update({(self._day, currency): amount for currency, amount in earned.items()})


def count_recurring(account: Account, at: int) -> Counter[str]:
    """By currency, minor units a month of all subscriptions as they are, with the discounts in force at ``at``."""
    earned: Counter[str] = Counter()
    for held in account.of("subscription").values():
        if held["status"] in ("active", "past_due") and not held["pause_collection"]:
            earned[held["currency"]] += _sum_items(account, held, at)
    return +earned


def _sum_items(account: Account, subscription: Object, at: int) -> int:
    """Without what is taken off once, and without what is paid by usage."""
    items = [one for one in subscription["items"]["data"] if one["price"]["recurring"]["usage_type"] == "licensed"]
    amounts = [cost(account.get("price", one["price"]["id"]), one["quantity"]) for one in items]
    for term in find_terms(account, subscription, at):
        if term.coupon["duration"] != "once":
            amounts = _take_off(items, amounts, term, subscription["currency"])
    months = (_MONTHS[of["interval"]] / of["interval_count"] for of in (one["price"]["recurring"] for one in items))
    return sum(round_half_away(amount * part) for amount, part in zip(amounts, months, strict=True))


def _take_off(items: list[Object], amounts: list[Fraction], term: Term, currency: str) -> list[Fraction]:
    hit = [term.covers(one["id"], one["price"]["product"]) for one in items]
    if term.coupon["percent_off"]:
        left = 1 - Fraction(str(term.coupon["percent_off"])) / 100
    elif term.coupon["currency"] == currency and (
        whole := sum(a for a, is_hit in zip(amounts, hit, strict=True) if is_hit)
    ):
        left = max(whole - term.coupon["amount_off"], Fraction(0)) / whole
    else:
        return amounts
    return [amount * left if is_hit else amount for amount, is_hit in zip(amounts, hit, strict=True)]
