"""What an account sells: products, prices of every kind, coupons, meters."""

from collections.abc import Sequence

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object


def make_product(account: Account, name: str) -> str:
    """A product. Returns its id."""
    id_ = account.name("product")
    account.put("product", id_, **shapes.PRODUCT, name=name, updated=account.now)
    return id_


def make_price(
    account: Account,
    product: str,
    unit_amount: str,
    currency: str,
    interval: str | None = None,
    count: int = 1,
    *,
    meter: str | None = None,
    packs_of: int = 0,
    tiers: Sequence[Object] = (),
    tiers_mode: str | None = None,
) -> str:
    """A price, one-time without ``interval``; ``unit_amount`` in minor units, perhaps with a fraction.

    ``meter``: billed by what was used. ``packs_of``: billed by packs of so many units, the last one begun. ``tiers``:
    as Stripe shows them; then ``unit_amount`` is not looked at. Returns the id.
    """
    members: Object = dict(shapes.PRICE) | {
        "product": product,
        "currency": currency,
        "type": "recurring" if interval else "one_time",
        "unit_amount": int(unit_amount) if unit_amount.isdigit() and not tiers else None,
        "unit_amount_decimal": None if tiers else unit_amount,
    }
    if interval:
        members["recurring"] = {
            "interval": interval,
            "interval_count": count,
            "meter": meter,
            "trial_period_days": None,
            "usage_type": "metered" if meter else "licensed",
        }
    if packs_of:
        members["transform_quantity"] = {"divide_by": packs_of, "round": "up"}
    if tiers:
        members |= {"billing_scheme": "tiered", "tiers_mode": tiers_mode, "tiers": list(tiers)}
    id_ = account.name("price")
    account.put("price", id_, **members)
    return id_


def make_tier(up_to: int | None, unit_amount: int, flat_amount: int | None = None) -> Object:
    """A tier of a price."""
    return {
        "flat_amount": flat_amount,
        "flat_amount_decimal": None if flat_amount is None else str(flat_amount),
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
        "up_to": up_to,
    }


def make_coupon(
    account: Account,
    id_: str,
    *,
    percent_off: float | None = None,
    amount_off: int | None = None,
    currency: str | None = None,
    duration: str = "forever",
    months: int | None = None,
    products: Sequence[str] = (),
) -> str:
    """A percentage, or an amount of a currency; ``duration``: once, repeating (for ``months``) or forever."""
    members: Object = dict(shapes.COUPON) | {
        "name": id_.replace("_", " ").title(),
        "percent_off": percent_off,
        "amount_off": amount_off,
        "currency": currency,
        "duration": duration,
        "duration_in_months": months,
    }
    if products:
        members["applies_to"] = {"products": list(products)}
    account.put("coupon", id_, **members)
    return id_


def make_meter(account: Account, event_name: str) -> str:
    """A meter that adds up its events' values. Returns its id."""
    id_ = account.name("billing.meter")
    account.put(
        "billing.meter",
        id_,
        customer_mapping={"event_payload_key": "stripe_customer_id", "type": "by_id"},
        default_aggregation={"formula": "sum"},
        display_name=event_name.replace("_", " "),
        event_name=event_name,
        event_time_window=None,
        status="active",
        status_transitions={"deactivated_at": None},
        updated=account.now,
        value_settings={"event_payload_key": "value"},
    )
    return id_
