"""Lists, single objects, and the lists inside them."""

import json
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from simulator.stripe.account import Account, Object
from simulator.stripe.expansion import answer
from simulator.stripe.listing import cut_page, list_objects, refuse_unknown
from simulator.stripe.refusal import Refusal, missing

_SUB_LISTS = {"subscription_items": ("subscriptions", "subscription", "items")}
"""Lists inside an object that have an address of their own: the object's list, its filter, its member."""


def make_router(account: Account) -> APIRouter:
    """Everything that is read, but the test clock."""
    router = APIRouter()

    @router.get("/v1/{path:path}")
    async def read(path: str, request: Request) -> Response:
        query, wanted = _split(request.query_params.multi_items())
        return Response(json.dumps(_read(account, path, query, wanted)), media_type="application/json")

    return router


def _read(account: Account, path: str, query: Mapping[str, str], wanted: list[str]) -> Object:
    if path == "events" or path in account.objects:
        return _page(account, f"/v1/{path}", list_objects(account, path, query), query, wanted)
    if path in _SUB_LISTS:
        of, filter_, member = _SUB_LISTS[path]
        refuse_unknown(query, {filter_})
        return _page(account, f"/v1/{path}", _inside(account, of, query.get(filter_, ""), member), query, wanted)
    parent, _, id_ = path.rpartition("/")
    if parent == "events" and id_ in account.events:
        return account.events[id_]
    if parent in account.objects:
        if id_ not in account.objects[parent]:
            raise missing(parent.removesuffix("s"), id_)
        refuse_unknown(query, set(), is_list=False)
        return answer(account, account.objects[parent][id_], wanted)
    of, _, owner = parent.rpartition("/")
    if of in account.objects:
        refuse_unknown(query, set())
        return _page(account, f"/v1/{path}", _inside(account, of, owner, id_), query, wanted)
    raise Refusal(404, f"Unrecognized request URL (GET: /v1/{path}).")


def _inside(account: Account, of: str, owner: str, member: str) -> list[Object]:
    if owner not in account.objects[of]:
        raise missing(of.removesuffix("s"), owner)
    nested = account.objects[of][owner].get(member)
    if not isinstance(nested, dict) or nested.get("object") != "list":
        raise Refusal(404, f"Unrecognized request URL (GET: /v1/{of}/{owner}/{member}).")
    members: list[Object] = nested["data"]
    return members


def _page(account: Account, url: str, found: list[Object], query: Mapping[str, str], wanted: list[str]) -> Object:
    page, has_more = cut_page(found, query)
    if any(not path.startswith("data.") for path in wanted):
        raise Refusal(400, "In a list, what is expanded begins with data.", param="expand")
    members = [path.removeprefix("data.") for path in wanted]
    data = [one if one["object"] == "event" else answer(account, one, members) for one in page]
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _split(items: list[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """What is filtered by, and what is expanded."""
    wanted = [text for name, text in items if name.startswith("expand")]
    return {name: text for name, text in items if not name.startswith("expand")}, wanted
