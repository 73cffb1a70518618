"""Lists of an account's objects: which, in what order, and one page of them."""

import operator
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase

from simulator.stripe.account import Account, Object
from simulator.stripe.clock import DAY
from simulator.stripe.refusal import Refusal, missing

RETAINED_DAYS = 30
"""Events are forgotten when they are older."""

FILTERS: dict[str, tuple[str, ...]] = {
    "balance_transactions": ("created", "currency", "payout", "source", "type"),
    "billing/meters": ("status",),
    "charges": ("created", "customer", "payment_intent"),
    "checkout/sessions": ("created", "customer", "payment_intent", "status", "subscription"),
    "coupons": ("created",),
    "credit_notes": ("created", "customer", "invoice"),
    "customers": ("created", "email"),
    "disputes": ("charge", "created", "payment_intent"),
    "events": ("created", "type"),
    "invoice_payments": ("created", "invoice", "status"),
    "invoiceitems": ("created", "customer", "invoice"),
    "invoices": ("created", "customer", "status", "subscription"),
    "payment_intents": ("created", "customer"),
    "payment_methods": ("customer", "type"),
    "payouts": ("created", "status"),
    "prices": ("active", "created", "currency", "product", "type"),
    "products": ("active", "created"),
    "refunds": ("charge", "created", "payment_intent"),
    "subscription_schedules": ("created", "customer"),
    "subscriptions": ("created", "customer", "status"),
    "tax_rates": ("active", "created"),
}
"""By list, what it is filtered by. Filters of Stripe's that are not here are refused and not overlooked."""

_LARGEST_PAGE = 100
_BOUNDS = {"": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_PAGING = {"limit", "starting_after", "ending_before"}


def list_objects(account: Account, path: str, query: Mapping[str, str]) -> list[Object]:
    """All objects of a list that pass the filters, the newest first. Raises Refusal."""
    refuse_unknown(query, FILTERS.get(path, ()))
    if path == "events":
        since = account.now - RETAINED_DAYS * DAY
        found: Iterable[Object] = (event for event in account.events.values() if event["created"] > since)
    elif path == "balance_transactions" and "payout" in query:
        paid_out = account.paid_out.get(query["payout"], [])
        found = (account.get("balance_transaction", id_) for id_ in paid_out)
    else:
        found = account.objects[path].values()
    kept = [one for one in found if _passes(path, one, query)]
    # Of one second, what was made last comes first: sorting keeps the order of equals.
    kept.reverse()
    kept.sort(key=lambda one: int(one.get("created", 0)), reverse=True)
    return kept


def refuse_unknown(query: Mapping[str, str], known: Collection[str], *, is_list: bool = True) -> None:
    """Raises Refusal when anything is asked by that is not ``known``; ``is_list``: pages may be asked for, too."""
    for name in query:
        of, _, bound = name.partition("[")
        is_known = (of == "created" and bound.rstrip("]") in _BOUNDS) if bound else True
        if not (is_known and of in known) and not (is_list and name in _PAGING):
            raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def cut_page(found: list[Object], query: Mapping[str, str]) -> tuple[list[Object], bool]:
    """One page of a list, and whether there is more behind it. Raises Refusal."""
    limit = _whole(query, "limit", 10)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise Refusal(400, f"Invalid limit: {limit}; it must be between 1 and {_LARGEST_PAGE}", param="limit")
    if before := query.get("ending_before"):
        ahead = found[: _place(found, before)]
        return ahead[-limit:], len(ahead) > limit
    if after := query.get("starting_after"):
        found = found[_place(found, after) + 1 :]
    return found[:limit], len(found) > limit


def _passes(path: str, one: Object, query: Mapping[str, str]) -> bool:
    for name, text in query.items():
        if name.startswith("created"):
            if not _BOUNDS[name.removeprefix("created").strip("[]")](one.get("created", 0), _whole(query, name)):
                return False
        elif name not in _PAGING and not _is_same(path, name, text, one):
            return False
    # An ended subscription is listed only when its status, or all, are asked for.
    return not (path == "subscriptions" and "status" not in query and one.get("status") == "canceled")


def _is_same(path: str, name: str, text: str, one: Object) -> bool:
    """Whether an object is one of those that a filter asks for."""
    if name == "payout" or (path, name, text) == ("subscriptions", "status", "all"):
        return True
    if (path, name) == ("events", "type"):
        return fnmatchcase(one["type"], text)
    if (path, name) == ("invoices", "subscription"):
        return bool(_subscription_of(one) == text)
    value = one.get(name)
    return bool(("true" if value else "false") == text if isinstance(value, bool) else value == text)


def _subscription_of(invoice: Object) -> str | None:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    named: str | None = details.get("subscription")
    return named


def _place(found: list[Object], id_: str) -> int:
    for place, one in enumerate(found):
        if one["id"] == id_:
            return place
    raise missing("object", id_, 400)


def _whole(query: Mapping[str, str], name: str, default: int = 0) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Refusal(400, f"Invalid integer: {query[name]}", param=name) from None
