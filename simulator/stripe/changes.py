"""Changes of a subscription in the middle of a period, with what they cost for the rest of it, to the second."""

from fractions import Fraction

from simulator.stripe.account import Account, Object
from simulator.stripe.clock import period_end
from simulator.stripe.discounts import find_terms, lower, make_discount
from simulator.stripe.invoices import add_pending
from simulator.stripe.money import cost, round_half_away
from simulator.stripe.subscriptions import bill, build_lines, make_item, schedule_renewal, show_price


def change_plan(
    account: Account, subscription: str, price: str, quantity: int | None = None, *, invoice_now: bool = False
) -> None:
    """Exchange the first item's price.

    Of the same interval, the difference for the rest of the period waits for the next invoice, or is charged now with
    ``invoice_now``. Of another interval, a new period begins and is charged now.

    Raises ValueError for another interval when there are further items.
    """
    held = account.get("subscription", subscription)
    item, new = held["items"]["data"][0], account.get("price", price)
    units = item["quantity"] if quantity is None else quantity
    after = item | show_price(new) | {"quantity": units}
    before, now = item["price"]["recurring"], new["recurring"]
    if (before["interval"], before["interval_count"]) == (now["interval"], now["interval_count"]):
        _exchange(account, held, item, after, invoice_now=invoice_now)
    else:
        _begin_anew(account, held, item, after)


def change_quantity(
    account: Account, subscription: str, quantity: int, *, place: int = 0, invoice_now: bool = False
) -> None:
    """Change how many units of an item, by its place, are paid for."""
    held = account.get("subscription", subscription)
    item = held["items"]["data"][place]
    _exchange(account, held, item, item | {"quantity": quantity}, invoice_now=invoice_now)


def add_item(account: Account, subscription: str, price: str, quantity: int | None = 1) -> None:
    """One more item, from now on; metered ones have no quantity."""
    held = account.get("subscription", subscription)
    first = held["items"]["data"][0]
    period = (first["current_period_start"], first["current_period_end"])
    item = make_item(account, subscription, account.get("price", price), quantity, period)
    if quantity is not None:
        _prorate(account, held, item, 1, "Remaining time on")
    account.put("subscription", subscription, items=held["items"] | {"data": [*held["items"]["data"], item]})


def remove_item(account: Account, subscription: str, place: int) -> None:
    """One item less, from now on."""
    held = account.get("subscription", subscription)
    item = held["items"]["data"][place]
    if "quantity" in item:
        _prorate(account, held, item, -1, "Unused time on")
    left = [one for one in held["items"]["data"] if one["id"] != item["id"]]
    account.put("subscription", subscription, items=held["items"] | {"data": left})


def give_to_subscription(account: Account, subscription: str, coupon: str) -> None:
    """One more discount, from now on; the period that is paid for stays as it is."""
    held = account.get("subscription", subscription)
    id_ = make_discount(account, coupon, held["customer"], subscription=subscription)
    account.put("subscription", subscription, discounts=[*held["discounts"], id_])


def take_from_subscription(account: Account, subscription: str) -> None:
    """All of its own discounts end now."""
    held = account.get("subscription", subscription)
    account.put("subscription", subscription, discounts=[])
    for id_ in held["discounts"]:
        account.tell("customer.discount.deleted", account.get("discount", id_))


def _exchange(account: Account, subscription: Object, item: Object, after: Object, *, invoice_now: bool) -> None:
    _prorate(account, subscription, item, -1, "Unused time on")
    _prorate(account, subscription, after, 1, "Remaining time on")
    account.put("subscription", subscription["id"], items=_replaced(subscription, after))
    if invoice_now:
        bill(account, account.get("subscription", subscription["id"]), "subscription_update", [])


def _begin_anew(account: Account, subscription: Object, item: Object, after: Object) -> None:
    if len(subscription["items"]["data"]) > 1:
        raise ValueError("the items of a subscription are billed at the same interval; change all of them at once")
    recurring, now = after["price"]["recurring"], account.now
    end = period_end(now, now, recurring["interval"], recurring["interval_count"])
    _prorate(account, subscription, item, -1, "Unused time on")
    after = after | {"current_period_start": now, "current_period_end": end}
    items = _replaced(subscription, after)
    changed = account.put("subscription", subscription["id"], billing_cycle_anchor=now, items=items)
    bill(account, changed, "subscription_update", build_lines(account, changed))
    schedule_renewal(account, subscription["id"], end)


def _replaced(subscription: Object, item: Object) -> Object:
    items = [item if one["id"] == item["id"] else one for one in subscription["items"]["data"]]
    return {**subscription["items"], "data": items}


def _prorate(account: Account, subscription: Object, item: Object, sign: int, what: str) -> None:
    """The item's share of the period that is left, as a line of the next invoice. A trial costs nothing."""
    begin, end = item["current_period_start"], item["current_period_end"]
    if subscription["status"] == "trialing" or end <= account.now:
        return
    whole = cost(account.get("price", item["price"]["id"]), item["quantity"])
    share = whole * Fraction(end - account.now, end - begin)
    terms = find_terms(account, subscription)
    amount = sign * round_half_away(lower(share, item["id"], item["price"]["product"], terms))
    text = f"{what} {item['quantity']} × {item['price']['product']}"
    add_pending(account, subscription, item, amount, (account.now, end), text)
