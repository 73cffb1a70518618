"""What a business earned, from Stripe's raw rows: plain Python, exact fractions, one day after the other.

Asked for a day, it looks up what was true at its last moment; it keeps no periods and no running sums, by which the
models come to theirs.
"""

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.dbt_project.books import Books, Json

MONTHS = {"day": Fraction(365, 12), "week": Fraction(52, 12), "month": Fraction(1), "year": Fraction(1, 12)}
KINDS = ("payment", "payment_failure", "refund", "refund_failure", "dispute", "dispute_reversal")


def round_half_away(value: Fraction) -> int:
    """To the nearest whole number; halves away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


class Ledger:
    """The accounts of one site."""

    def __init__(self, books: Books, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._seen: defaultdict[str, list[tuple[int, int, str, Json]]] = defaultdict(list)
        self._deleted: dict[str, int] = {}
        for rows in books.rows.values():
            for row in rows:
                self._see(json.loads(row.get("object", "{}")), row.get("version_at", ""))
        self.coupons = self.newest("coupon")
        self.prices = self.newest("price")
        self._discounts: dict[str, Json] = {}
        self._histories: defaultdict[str, list[tuple[Any, Json]]] = defaultdict(list)
        for at, rank, name, value in self._seen["subscription"]:
            self._histories[value["id"]].append(((at, rank, name), value))
            for shown in [*value["discounts"], *(d for i in value["items"]["data"] for d in i["discounts"])]:
                if isinstance(shown, dict):
                    self._discounts[shown["id"]] = shown
        self._ends: dict[str, int] = {}
        for name, history in self._histories.items():
            history.sort(key=lambda version: version[0])
            self._ends[name] = max(value["ended_at"] or 0 for _, value in history)
        for _, _, _, value in self._seen["discount"]:
            self._discounts[value["id"]] = value
        self._given_to: defaultdict[str, list[str]] = defaultdict(list)
        for name, given in sorted(self._discounts.items(), key=lambda found: (found[1]["start"], found[0])):
            if not given.get("subscription") and not given.get("subscription_item"):
                self._given_to[given.get("customer", "")].append(name)

    def _see(self, value: Json, version_at: str) -> None:
        """Remember one row's object by its kind: (true at, rank, event, object)."""
        if value.get("object") == "event":
            about, rank = value["data"]["object"], {"created": 0, "deleted": 2}.get(value["type"].rpartition(".")[2], 1)
            self._seen[about["object"]].append((seconds_of(version_at), rank, value["id"], about))
            if value["type"] == "customer.discount.deleted":
                self._deleted[about["id"]] = value["created"]
        elif value:
            self._seen[value["object"]].append((seconds_of(version_at), 3, "", value))

    def day_of(self, seconds: int) -> date:
        """The site's own day of a moment."""
        return datetime.fromtimestamp(seconds, self._zone).date()

    def newest(self, kind: str) -> dict[str, Json]:
        """Every object of a kind as it was last seen."""
        found: dict[str, tuple[Any, Json]] = {}
        for at, rank, name, value in self._seen[kind]:
            key = (at, rank == 3, name)
            if value["id"] not in found or key >= found[value["id"]][0]:
                found[value["id"]] = key, value
        return {name: value for name, (_, value) in found.items()}

    # Monthly recurring revenue

    def mrr(self, at: int) -> Counter[tuple[str, str, str, str]]:
        """By (currency, customer, subscription, product): minor units a month at a moment."""
        earned: Counter[tuple[str, str, str, str]] = Counter()
        for name, history in self._histories.items():
            for product, amount in self._earns(history, at):
                value = history[-1][1]
                earned[value["currency"], value["customer"], name, product] += amount
        return +earned

    def earned(self, subscription: str, at: int) -> int:
        """What one subscription earns: minor units a month at a moment."""
        return sum(amount for _, amount in self._earns(self._histories[subscription], at))

    def _earns(self, history: list[tuple[Any, Json]], at: int) -> Iterator[tuple[str, int]]:
        number = bisect_right(history, at, key=lambda version: version[0][0])
        state = history[max(number - 1, 0)][1]
        ended = self._ends[state["id"]]
        if (at < state["start_date"] and not number) or (ended and at >= ended):
            return
        if (state["trial_start"] or 0) <= at < (state["trial_end"] or 0) or (state["pause_collection"] or {}).get(
            "behavior"
        ):
            return
        is_over = state["status"] == "trialing" and state["trial_end"]
        if state["status"] not in ("active", "past_due", "canceled") and not is_over:
            return
        items = state["items"]["data"]
        amounts = [self._costs(one, state["currency"]) for one in items]
        for term, only in self._terms(state, at):
            hit = [(only is None or one is only) and self._covers(term, one["price"]["product"]) for one in items]
            if term.get("percent_off"):
                share = 1 - Fraction(str(term["percent_off"])) / 100
                amounts = [a * share if h else a for a, h in zip(amounts, hit, strict=True)]
            elif term["currency"] == state["currency"]:
                total = sum(a for a, h in zip(amounts, hit, strict=True) if h)
                share = max(total - term["amount_off"], Fraction(0)) / total if total else Fraction(1)
                amounts = [a * share if h else a for a, h in zip(amounts, hit, strict=True)]
        for one, amount in zip(items, amounts, strict=True):
            recurring = one["price"]["recurring"]
            yield (
                one["price"]["product"],
                round_half_away(amount * MONTHS[recurring["interval"]] / recurring["interval_count"]),
            )

    def _terms(self, state: Json, at: int) -> Iterator[tuple[Json, Json | None]]:
        shown = [(d, one) for one in state["items"]["data"] for d in one["discounts"]]
        shown += [(d, None) for d in state["discounts"]]
        if not shown:
            shown = [(name, None) for name in self._given_to[state["customer"]]]
        for reference, only in shown:
            name = reference if isinstance(reference, str) else reference["id"]
            found = self._discounts.get(name)
            if found is None:
                continue
            term = self.coupons[found["source"]["coupon"]]
            end = min(found["end"] or 10**12, self._deleted.get(name, 10**12))
            if term["duration"] != "once" and found["start"] <= at < end:
                yield term, only

    @staticmethod
    def _covers(term: Json, product: str) -> bool:
        limited = (term.get("applies_to") or {}).get("products")
        return not limited or product in limited

    def _costs(self, one: Json, currency: str) -> Fraction:
        of, whole = one["price"], self.prices[one["price"]["id"]]
        if of["currency"] != currency:
            whole = whole.get("currency_options", {}).get(currency)
            of = of | {"unit_amount_decimal": (whole or {}).get("unit_amount_decimal")}
        if of["recurring"]["usage_type"] == "metered" or whole is None:
            return Fraction(0)
        units = one["quantity"] or 0
        packed = of.get("transform_quantity")
        if packed:
            units = -(-units // packed["divide_by"]) if packed["round"] == "up" else units // packed["divide_by"]
        if of["billing_scheme"] != "tiered":
            return units * Fraction(of["unit_amount_decimal"])
        total, below = Fraction(0), 0
        for tier in whole["tiers"]:
            top = units if tier["up_to"] is None else tier["up_to"]
            unit, flat = Fraction(tier["unit_amount_decimal"] or 0), Fraction(tier["flat_amount_decimal"] or 0)
            if of["tiers_mode"] == "volume":
                if units <= top:
                    return units * unit + flat
            elif units > below:
                total += (min(units, top) - below) * unit + flat
                below = top
        return total

    def days(self, first: date, until: int) -> Iterator[tuple[date, Counter[tuple[str, str, str, str]]]]:
        """Monthly recurring revenue at the last moment of every day, and of the last one at ``until``, Unix seconds."""
        day = first
        while day <= self.day_of(until):
            following = datetime.combine(day + timedelta(days=1), datetime.min.time(), self._zone)
            yield day, self.mrr(min(int(following.timestamp()) - 1, until))
            day += timedelta(days=1)

    # Money that moved

    def transactions(self) -> dict[str, Json]:
        """By id: kind, when, amount, currency and charge of every movement of money."""
        booked = self.newest("balance_transaction")
        found: dict[str, Json] = {}

        def add(name: str, kind: str, value: Json, amount: int, booking: str | None) -> None:
            at = booked[booking]["created"] if booking in booked else value["created"]
            charge = value["id"] if value["object"] == "charge" else value["charge"]
            found[name] = {"kind": kind, "at": at, "amount": amount, "currency": value["currency"], "charge": charge}

        for name, value in self.newest("charge").items():
            failure = value.get("failure_balance_transaction")
            if value["captured"] and (value["status"] == "succeeded" or value.get("balance_transaction")):
                add(name, "payment", value, value["amount_captured"], value.get("balance_transaction"))
                if failure:
                    add(failure, "payment_failure", value, -value["amount_captured"], failure)
        for name, value in self.newest("refund").items():
            if value.get("balance_transaction"):
                add(name, "refund", value, -value["amount"], value.get("balance_transaction"))
            if value.get("failure_balance_transaction"):
                failure = value["failure_balance_transaction"]
                add(failure, "refund_failure", value, value["amount"], failure)
        for value in self.newest("dispute").values():
            for moved in value["balance_transactions"]:
                sign = 1 if moved["amount"] > 0 else -1
                amount = moved["amount"] if moved["currency"] == value["currency"] else sign * value["amount"]
                add(moved["id"], "dispute" if sign < 0 else "dispute_reversal", value, amount, moved["id"])
        return found


def name_movements(
    closings: list[tuple[date, Counter[tuple[str, str, str, str]]]],
) -> Counter[tuple[date, str, str, str, str, str]]:
    """By (day, kind, currency, customer, subscription, product): how much more or less a month than the day before."""
    moved: Counter[tuple[date, str, str, str, str, str]] = Counter()
    paid_once: set[tuple[str, str]] = set()
    before: Counter[tuple[str, str, str, str]] = Counter()
    for day, after in closings:
        totals = [sum_by_customer(before), sum_by_customer(after)]
        for line in before.keys() | after.keys():
            change, whose = after[line] - before[line], line[:2]
            if not change:
                continue
            old, new = (total[whose] for total in totals)
            if old == 0 and new > 0:
                kind = "reactivation" if whose in paid_once else "new"
            elif old > 0 and new == 0:
                kind = "churn"
            else:
                kind = "contraction" if new < old else "expansion"
            moved[day, kind, *line] = change
        paid_once |= {whose for whose, amount in totals[1].items() if amount > 0}
        before = after
    return moved


def sum_by_customer(lines: Counter[tuple[str, str, str, str]]) -> Counter[tuple[str, str]]:
    """By (currency, customer)."""
    totals: Counter[tuple[str, str]] = Counter()
    for (currency, customer, _, _), amount in lines.items():
        totals[currency, customer] += amount
    return totals


def seconds_of(text: str) -> int:
    """Unix seconds of a moment as the books write it."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
