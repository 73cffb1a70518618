"""Lists of an account's objects: which, in what order, and one page of them."""

import operator
from collections.abc import Iterable, Mapping

from simulator.stripe.account import Account, Object
from simulator.stripe.clock import DAY
from simulator.stripe.refusal import Refusal, missing

RETAINED_DAYS = 30
"""Events are forgotten when they are older."""

_LARGEST_PAGE = 100
_BOUNDS = {"": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_SAME = ("charge", "customer", "invoice", "payment_intent", "product", "source", "status", "subscription", "type")
"""Filters that ask for objects whose member is the same."""

_PAGING = {"limit", "starting_after", "ending_before"}


def list_objects(account: Account, path: str, query: Mapping[str, str]) -> list[Object]:
    """All objects of a list that pass the filters, the newest first. Raises Refusal."""
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
    created = one.get("created", 0)
    for name, text in query.items():
        if name.startswith("created"):
            bound = _BOUNDS.get(name.removeprefix("created").strip("[]"))
            if bound is None:
                raise Refusal(400, f"Received unknown parameter: {name}", param=name)
            if not bound(created, _whole(query, name)):
                return False
        elif name in _SAME and name not in _PAGING and not _is_all(path, name, text) and one.get(name) != text:
            return False
    # An ended subscription is listed only when its status, or all, are asked for.
    return not (path == "subscriptions" and "status" not in query and one["status"] == "canceled")


def _is_all(path: str, name: str, text: str) -> bool:
    return (path, name, text) == ("subscriptions", "status", "all")


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
