"""Schedules: a subscription's price is another one from a date on that was settled before."""

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.changes import change_plan
from simulator.stripe.clock import period_end


def plan_change(account: Account, subscription: str, price: str, at: int, quantity: int | None = None) -> str:
    """Have the price, and the quantity, of its only item changed ``at`` a later time. Returns the schedule's id.

    The period after that is the last phase of the schedule, which then releases the subscription. Raises ValueError
    for a time that is not to come, for a subscription with several items or with a schedule.
    """
    held = account.get("subscription", subscription)
    items = held["items"]["data"]
    if at <= account.now or len(items) != 1 or held["schedule"]:
        raise ValueError(f"{subscription} cannot be scheduled: one item, no other schedule, and a time to come")
    item, recurring = items[0], account.get("price", price)["recurring"]
    units = item["quantity"] if quantity is None else quantity
    ends = period_end(at, at, recurring["interval"], recurring["interval_count"])
    first = _make_phase(held, item["price"]["id"], item["quantity"], item["current_period_start"], at)
    id_ = account.name("subscription_schedule")
    account.put(
        "subscription_schedule",
        id_,
        **shapes.SCHEDULE
        | {
            "current_phase": _span(first),
            "customer": held["customer"],
            "phases": [first, _make_phase(held, price, units, at, ends)],
            "subscription": subscription,
        },
    )
    account.put("subscription", subscription, schedule=id_)
    # A renewal at the same moment bills what the new phase costs.
    account.schedule(at, lambda: _begin_phase(account, id_, price, units), before_others=True)
    account.schedule(ends, lambda: _release(account, id_), before_others=True)
    return id_


def _make_phase(subscription: Object, price: str, quantity: int | None, begins: int, ends: int) -> Object:
    item = shapes.PHASE_ITEM | {"plan": price, "price": price, "quantity": quantity}
    phase = {"currency": subscription["currency"], "end_date": ends, "items": [item], "start_date": begins}
    return shapes.PHASE | phase


def _span(phase: Object) -> Object:
    return {"end_date": phase["end_date"], "start_date": phase["start_date"]}


def _begin_phase(account: Account, id_: str, price: str, quantity: int | None) -> None:
    schedule = account.get("subscription_schedule", id_)
    if schedule["status"] == "active":
        account.put("subscription_schedule", id_, current_phase=_span(schedule["phases"][1]))
        change_plan(account, schedule["subscription"], price, quantity)


def _release(account: Account, id_: str) -> None:
    schedule = account.get("subscription_schedule", id_)
    if schedule["status"] == "active":
        account.put(
            "subscription_schedule",
            id_,
            "subscription_schedule.released",
            current_phase=None,
            released_at=account.now,
            released_subscription=schedule["subscription"],
            status="released",
            subscription=None,
        )
        account.put("subscription", schedule["subscription"], schedule=None)
