"""Tax on top of the prices: rates that a subscription is given, and what they add to an invoice's lines."""

from collections.abc import Sequence
from fractions import Fraction

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.money import round_half_away


def make_tax_rate(account: Account, name: str, percentage: float, country: str) -> str:
    """A tax that prices do not include, in per cent. Returns its id."""
    id_ = account.name("tax_rate")
    account.put(
        "tax_rate",
        id_,
        **shapes.TAX_RATE
        | {"country": country, "display_name": name, "effective_percentage": percentage, "percentage": percentage},
    )
    return id_


def tax_lines(lines: Sequence[Object], rates: Sequence[Object]) -> tuple[list[Object], list[Object]]:
    """The lines with their taxes, and the sums by rate, as invoices show both.

    Each rate is counted on what discounts leave of a line, rounded for each line. Lines that give money back give the
    tax on it back, too.
    """
    changed = []
    for line in lines:
        left = line["amount"] - sum(one["amount"] for one in line["discount_amounts"])
        taxes = [_tax(round_half_away(Fraction(str(of["percentage"])) * left / 100), left, of["id"]) for of in rates]
        changed.append(line | {"taxes": taxes})
    totals = []
    for place, of in enumerate(rates):
        counted = [line["taxes"][place] for line in changed]
        amount, taxable = (sum(one[name] for one in counted) for name in ("amount", "taxable_amount"))
        totals.append(_tax(amount, taxable, of["id"]))
    return changed, totals


def _tax(amount: int, taxable: int, rate: str) -> Object:
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": rate},
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }
