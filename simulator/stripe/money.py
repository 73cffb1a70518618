"""Stripe's arithmetic: minor units, computed exactly, rounded half away from zero once for each line."""

from collections.abc import Sequence
from fractions import Fraction

from simulator.stripe.account import Object

_FEES = {"usd": (Fraction(29, 1000), 30), "eur": (Fraction(15, 1000), 25), "jpy": (Fraction(36, 1000), 0)}
_DISPUTE_FEES = {"usd": 1500, "eur": 2000, "jpy": 1500}


def round_half_away(value: Fraction) -> int:
    """To the nearest whole number; halves away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def cost(price: Object, quantity: int) -> Fraction:
    """What so many units of a price cost, for one period, in minor units: per unit, in packs, or in tiers."""
    if packs := price["transform_quantity"]:
        whole, rest = divmod(quantity, packs["divide_by"])
        quantity = whole + (1 if rest and packs["round"] == "up" else 0)
    if price["billing_scheme"] == "per_unit":
        return quantity * Fraction(price["unit_amount_decimal"])
    total, below = Fraction(0), 0
    for tier in price["tiers"]:
        unit, flat = Fraction(tier["unit_amount_decimal"] or 0), Fraction(tier["flat_amount_decimal"] or 0)
        top = quantity if tier["up_to"] is None else tier["up_to"]
        if price["tiers_mode"] == "volume":
            if quantity <= top:
                return quantity * unit + flat
        elif quantity > below:
            total += (min(quantity, top) - below) * unit + flat
            below = top
    return total


def divide(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of an amount, in proportion to the weights; what is left goes to the largest remainders."""
    total = sum(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def processing_fee(amount: int, currency: str) -> int:
    """What Stripe keeps of a payment by card, in minor units."""
    share, fixed = _FEES.get(currency, _FEES["usd"])
    return round_half_away(amount * share) + fixed


def dispute_fee(currency: str) -> int:
    """What Stripe takes for a dispute, in minor units. It isn't given back, whoever wins."""
    return _DISPUTE_FEES.get(currency, _DISPUTE_FEES["usd"])
