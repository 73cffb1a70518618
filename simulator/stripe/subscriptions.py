"""Subscriptions: beginning, renewing period by period, pausing, ending."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object, list_of
from simulator.stripe.clock import DAY, period_end
from simulator.stripe.collection import advance_invoice, end_subscription
from simulator.stripe.discounts import find_terms, make_discount
from simulator.stripe.invoices import FINALIZED_AFTER, draft, make_line, mark_uncollectible, void
from simulator.stripe.metering import sum_usage
from simulator.stripe.money import cost, round_half_away

_TRIAL_WARNING_DAYS = 3


def subscribe(
    account: Account,
    customer: str,
    price: str,
    quantity: int | None = 1,
    *,
    also: Sequence[tuple[str, int | None]] = (),
    coupon: str | None = None,
    item_coupon: str | None = None,
    trial_days: int = 0,
    tax_rates: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
) -> str:
    """Subscribe to a price, and to others ``also`` with their quantities; metered ones have none. Returns its id.

    The first invoice is charged now, at the end of a trial, or waits 23 hours for a card that works. ``coupon`` is for
    the subscription, ``item_coupon`` for its first item, ``tax_rates`` come on top of every line.
    """
    id_, now = account.name("subscription"), account.now
    prices = [(account.get("price", of), units) for of, units in ((price, quantity), *also)]
    currency = prices[0][0]["currency"]
    if account.get("customer", customer)["currency"] is None:
        account.put("customer", customer, currency=currency)
    trial_end = now + trial_days * DAY if trial_days else None
    recurring = prices[0][0]["recurring"]
    anchor = trial_end or now
    end = trial_end or period_end(anchor, now, recurring["interval"], recurring["interval_count"])
    items = [make_item(account, id_, of, units, (now, end)) for of, units in prices]
    owned = [make_discount(account, coupon, customer, subscription=id_)] if coupon else []
    if item_coupon:
        own = make_discount(account, item_coupon, customer, subscription=id_, subscription_item=items[0]["id"])
        items[0]["discounts"] = [own]
    account.put(
        "subscription",
        id_,
        "none",
        **shapes.SUBSCRIPTION
        | {
            "billing_cycle_anchor": anchor,
            "currency": currency,
            "customer": customer,
            "default_tax_rates": [account.get("tax_rate", rate) for rate in tax_rates],
            "discounts": owned,
            "items": list_of(items, f"/v1/subscription_items?subscription={id_}"),
            "metadata": dict(metadata or {}),
            "start_date": now,
            "status": "trialing" if trial_end else "incomplete",
            "trial_end": trial_end,
            "trial_start": now if trial_end else None,
        },
    )
    held = account.get("subscription", id_)
    lines = build_lines(account, held, is_trial=bool(trial_end))
    bill(account, held, "subscription_create", lines, "customer.subscription.created")
    schedule_renewal(account, id_, end)
    if trial_end:
        warned = max(trial_end - _TRIAL_WARNING_DAYS * DAY, now)
        account.schedule(warned, lambda: _warn_of_trial_end(account, id_))
    return id_


def make_item(account: Account, subscription: str, price: Object, quantity: int | None, period: tuple[int, int]) -> Any:
    """An item of a subscription for a period."""
    return {
        "id": account.name("subscription_item"),
        "object": "subscription_item",
        **shapes.ITEM,
        "created": account.now,
        "current_period_start": period[0],
        "current_period_end": period[1],
        **show_price(price),
        "subscription": subscription,
        **({} if quantity is None else {"quantity": quantity}),
    }


def show_price(price: Object) -> Object:
    """The members by which an item shows its price; a plan is what older versions of Stripe's API called it."""
    same = ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product")
    recurring = price["recurring"]
    plan = {
        **{name: price[name] for name in same},
        **{name: recurring[name] for name in ("interval", "interval_count", "meter", "trial_period_days")},
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "object": "plan",
        "tiers_mode": price["tiers_mode"],
        "transform_usage": price["transform_quantity"],
        "usage_type": recurring["usage_type"],
    }
    return {"plan": plan, "price": {name: value for name, value in price.items() if name != "tiers"}}


def bill(account: Account, subscription: Object, reason: str, lines: list[Object], event: str = "") -> None:
    """Invoice these lines and what waits for the next invoice, and charge them now."""
    id_ = subscription["id"]
    invoice = draft(account, subscription, reason, lines, find_terms(account, subscription), (account.now, account.now))
    account.put("subscription", id_, event, latest_invoice=invoice["id"])
    advance_invoice(account, invoice["id"])
    _use_up(account, id_, invoice)


def build_lines(account: Account, subscription: Object, *, is_trial: bool = False) -> list[Object]:
    """The current periods of all items that are paid in advance."""
    lines = []
    for item in subscription["items"]["data"]:
        price = account.get("price", item["price"]["id"])
        if price["recurring"]["usage_type"] == "licensed":
            units = item["quantity"]
            amount = 0 if is_trial else round_half_away(cost(price, units))
            what = f"{'Trial period for ' if is_trial else ''}{units} × {price['product']}"
            period = (item["current_period_start"], item["current_period_end"])
            lines.append(make_line(amount, subscription, item, period, units, what))
    return lines


def _usage_lines(account: Account, subscription: Object) -> list[Object]:
    """What was used in the periods that are over."""
    lines = []
    for item in subscription["items"]["data"]:
        price = account.get("price", item["price"]["id"])
        if price["recurring"]["usage_type"] == "metered":
            period = (item["current_period_start"], item["current_period_end"])
            used = sum_usage(account, subscription["customer"], price["recurring"]["meter"], *period)
            amount = round_half_away(cost(price, used))
            lines.append(make_line(amount, subscription, item, period, used, f"{used} × usage"))
    return lines


def schedule_renewal(account: Account, subscription: str, end: int) -> None:
    """Have it renewed, or ended, when the current period is over; unless that changes before."""
    account.schedule(end, lambda: _renew(account, subscription, end))


def _renew(account: Account, subscription: str, due: int) -> None:
    held = account.get("subscription", subscription)
    items = held["items"]["data"]
    if held["ended_at"] or items[0]["current_period_end"] != due:
        return
    usage = [] if held["status"] == "trialing" else _usage_lines(account, held)
    if held["cancel_at_period_end"]:
        if any(line["amount"] for line in usage):
            _bill_period(account, held, usage, (items[0]["current_period_start"], due))
        end_subscription(account, subscription, "cancellation_requested")
        return
    _drop_expired(account, held)
    held = account.get("subscription", subscription)
    recurring = items[0]["price"]["recurring"]
    end = period_end(held["billing_cycle_anchor"], due, recurring["interval"], recurring["interval_count"])
    moved = [item | {"current_period_start": due, "current_period_end": end} for item in held["items"]["data"]]
    changed = {"items": held["items"] | {"data": moved}}
    lines = [*usage, *build_lines(account, held | changed)]
    status = "active" if held["status"] == "trialing" else held["status"]
    _bill_period(account, held, lines, (items[0]["current_period_start"], due), **changed, status=status)
    schedule_renewal(account, subscription, end)


def _bill_period(
    account: Account, subscription: Object, lines: list[Object], period: tuple[int, int], **changes: Any
) -> None:
    """Invoice a period, to be collected in an hour as far as the subscription's state lets it."""
    paused, id_ = subscription["pause_collection"], subscription["id"]
    collects = not paused and subscription["status"] != "unpaid"
    terms = find_terms(account, subscription)
    invoice = draft(account, subscription, "subscription_cycle", lines, terms, period, auto_advance=collects)
    account.put("subscription", id_, **changes, latest_invoice=invoice["id"])
    if paused and paused["behavior"] == "void":
        void(account, invoice["id"])
    elif paused and paused["behavior"] == "mark_uncollectible":
        mark_uncollectible(account, invoice["id"])
    elif collects:
        account.schedule(account.now + FINALIZED_AFTER, lambda: advance_invoice(account, invoice["id"]))
    _use_up(account, id_, invoice)


def _use_up(account: Account, subscription: str, invoice: Object) -> None:
    """Discounts that are given once have been given now."""
    used = {one["discount"] for one in invoice["total_discount_amounts"] if one["amount"]}
    _drop(account, subscription, {one for one in used if _coupon(account, one)["duration"] == "once"})


def _drop_expired(account: Account, subscription: Object) -> None:
    named = {*subscription["discounts"], *(one for i in subscription["items"]["data"] for one in i["discounts"])}
    ends = {one: account.get("discount", one)["end"] for one in named}
    _drop(account, subscription["id"], {one for one, end in ends.items() if end and end <= account.now})


def _coupon(account: Account, discount: str) -> Object:
    return account.get("coupon", account.get("discount", discount)["source"]["coupon"])


def _drop(account: Account, subscription: str, discounts: set[str]) -> None:
    held = account.get("subscription", subscription)
    items = [
        item | {"discounts": [one for one in item["discounts"] if one not in discounts]}
        for item in held["items"]["data"]
    ]
    account.put(
        "subscription",
        subscription,
        discounts=[one for one in held["discounts"] if one not in discounts],
        items=held["items"] | {"data": items},
    )
    for one in sorted(discounts):
        account.tell("customer.discount.deleted", account.get("discount", one))
    if (own := account.get("customer", held["customer"])["discount"]) and own["id"] in discounts:
        account.put("customer", held["customer"], discount=None)


def _warn_of_trial_end(account: Account, subscription: str) -> None:
    held = account.get("subscription", subscription)
    if held["status"] == "trialing":
        account.tell("customer.subscription.trial_will_end", held)


def pause(account: Account, subscription: str, behavior: str = "void", resumes_at: int | None = None) -> None:
    """Stop collecting: invoices are void, drafts (keep_as_draft) or written off (mark_uncollectible), until resumed."""
    account.put("subscription", subscription, pause_collection={"behavior": behavior, "resumes_at": resumes_at})
    if resumes_at:
        account.schedule(resumes_at, lambda: _resume_when_due(account, subscription, resumes_at))


def resume(account: Account, subscription: str) -> None:
    """Collect again, from the next invoice on."""
    if not account.get("subscription", subscription)["ended_at"]:
        account.put("subscription", subscription, pause_collection=None)


def _resume_when_due(account: Account, subscription: str, due: int) -> None:
    paused = account.get("subscription", subscription)["pause_collection"]
    if paused and paused["resumes_at"] == due:
        resume(account, subscription)


def cancel(account: Account, subscription: str, *, at_period_end: bool = False) -> None:
    """End it now, or with the period that is paid for."""
    held = account.get("subscription", subscription)
    if held["ended_at"]:
        return
    if at_period_end:
        account.put(
            "subscription",
            subscription,
            cancel_at=held["items"]["data"][0]["current_period_end"],
            cancel_at_period_end=True,
            canceled_at=account.now,
            cancellation_details=held["cancellation_details"] | {"reason": "cancellation_requested"},
        )
    else:
        end_subscription(account, subscription, "cancellation_requested")


def keep(account: Account, subscription: str) -> None:
    """Take back a cancellation at the period's end."""
    account.put(
        "subscription",
        subscription,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancellation_details=shapes.SUBSCRIPTION["cancellation_details"],
    )
