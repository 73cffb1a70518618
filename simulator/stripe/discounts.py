"""Coupons that were given: to a customer, a subscription or one of its items; what they take off an invoice's lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.clock import add_months
from simulator.stripe.money import divide, round_half_away


@dataclass(frozen=True, slots=True)
class Term:
    """A discount in force. ``item``: of the subscription, when it is for this one only."""

    discount: str
    coupon: Object
    item: str | None = None

    def covers(self, item: str, product: str) -> bool:
        """Whether it takes something off this item."""
        products = (self.coupon.get("applies_to") or {}).get("products")
        return self.item in (None, item) and (not products or product in products)


def make_discount(account: Account, coupon: str, customer: str, **owner: str) -> str:
    """A discount for the customer, or for ``owner``, a subscription or subscription_item. Returns its id."""
    term = account.get("coupon", coupon)
    months = term["duration_in_months"]
    id_ = account.name("discount")
    account.put("coupon", coupon, times_redeemed=term["times_redeemed"] + 1)
    members = dict(shapes.DISCOUNT) | owner
    account.put(
        "discount",
        id_,
        **members
        | {
            "customer": customer,
            "source": {"coupon": coupon, "type": "coupon"},
            "start": account.now,
            "end": add_months(account.now, months) if months else None,
        },
    )
    return id_


def give_to_customer(account: Account, customer: str, coupon: str) -> str:
    """Every invoice of the customer's subscriptions without discounts of their own is lowered. Returns its id."""
    if account.get("customer", customer)["discount"]:
        take_from_customer(account, customer)
    id_ = make_discount(account, coupon, customer)
    account.put("customer", customer, discount=account.get("discount", id_))
    return id_


def take_from_customer(account: Account, customer: str) -> None:
    """The customer's discount ends now."""
    held = account.get("customer", customer)["discount"]
    account.put("customer", customer, discount=None)
    account.tell("customer.discount.deleted", account.get("discount", held["id"]))


def find_terms(account: Account, subscription: Object, at: int | None = None) -> list[Term]:
    """The discounts in force, now or ``at``: of the items, then of the subscription, else of the customer."""
    at = account.now if at is None else at
    named = [(one, item["id"]) for item in subscription["items"]["data"] for one in item["discounts"]]
    named += [(one, None) for one in subscription["discounts"]]
    if not named and (own := account.get("customer", subscription["customer"])["discount"]):
        named = [(own["id"], None)]
    terms = []
    for id_, item in named:
        discount = account.get("discount", id_)
        if discount["start"] <= at < (discount["end"] or at + 1):
            terms.append(Term(id_, account.get("coupon", discount["source"]["coupon"]), item))
    return terms


def lower(amount: Fraction, item: str, product: str, terms: Iterable[Term]) -> Fraction:
    """What a part of an item's period costs with the percentages in force: amounts off are not prorated."""
    for term in terms:
        if term.coupon["percent_off"] and term.covers(item, product) and term.coupon["duration"] != "once":
            amount *= 1 - Fraction(str(term.coupon["percent_off"])) / 100
    return amount


def discount_lines(lines: Sequence[Object], currency: str, terms: Iterable[Term]) -> tuple[list[Object], list[Object]]:
    """The lines with what each discount takes off them, and the sums by discount, as invoices show both."""
    taken: list[list[Object]] = [[] for _ in lines]
    left = [line["amount"] for line in lines]
    totals = []
    for term in terms:
        parts = list(_take_off(lines, left, currency, term))
        for place, part in parts:
            left[place] -= part
            taken[place].append({"amount": part, "discount": term.discount})
        if parts:
            totals.append({"amount": sum(part for _, part in parts), "discount": term.discount})
    changed = [
        line | {"discount_amounts": off, "discounts": [one["discount"] for one in off]} if off else line
        for line, off in zip(lines, taken, strict=True)
    ]
    return changed, totals


def _take_off(lines: Sequence[Object], left: Sequence[int], currency: str, term: Term) -> Iterator[tuple[int, int]]:
    """Place of each line that is lowered, and by how much."""
    places = [
        place
        for place, line in enumerate(lines)
        if line["discountable"]
        and left[place] > 0
        and (details := line["parent"]["subscription_item_details"])
        and term.covers(details["subscription_item"], line["pricing"]["price_details"]["product"])
    ]
    if term.coupon["percent_off"]:
        share = Fraction(str(term.coupon["percent_off"])) / 100
        for place in places:
            yield place, round_half_away(left[place] * share)
    elif term.coupon["currency"] == currency and places:
        weights = [left[place] for place in places]
        yield from zip(places, divide(min(term.coupon["amount_off"], sum(weights)), weights), strict=True)
