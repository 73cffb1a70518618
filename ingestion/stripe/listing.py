"""Lists and single objects of Stripe, complete: page by page, with the further pages of the lists inside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from headwater.contracts.stripe import LARGEST_PAGE, Head, StripeObject
from ingestion.stripe.client import StripeApi
from ingestion.stripe.errors import ObjectMissing, StripeRefused


class _List(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects of a list, newest first, as JSON. ``is_last``: there are none behind them."""

    objects: list[bytes]
    at: datetime
    is_last: bool


def fetch_pages(api: StripeApi, kind: StripeObject, page_size: int, **filters: Any) -> Iterator[Page]:
    """The list of a kind, with filters such as ``created={"gte": 1700000000}``. One page at least, perhaps empty.

    Raises StripeAway, StripeRefused.
    """
    parameters: dict[str, Any] = {"limit": page_size, **dict(kind.parameters), **filters}
    if kind.expand:
        parameters["expand"] = [f"data.{member}" for member in kind.expand]
    while True:
        answer = api.get(kind.path, parameters)
        page = _decode_list(answer.body, kind.path)
        yield Page([_completed(api, kind, bytes(raw)) for raw in page.data], answer.at, not page.has_more)
        if not page.has_more:
            return
        parameters["starting_after"] = _last_id(page, kind.path)


def fetch_object(api: StripeApi, kind: StripeObject, id_: str) -> Page:
    """One object, as a page. Raises ObjectMissing, StripeAway, StripeRefused."""
    try:
        answer = api.get(f"{kind.path}/{quote(id_, safe='')}", {"expand": list(kind.expand)} if kind.expand else {})
    except StripeRefused as error:
        if error.status != 404:
            raise
        raise ObjectMissing(f"Stripe has no {kind.kind} {id_}", error.at) from error
    return Page([_completed(api, kind, answer.body)], answer.at, True)


def read_head(raw: bytes) -> Head:
    """What every object begins with. Raises StripeRefused for what is no object of Stripe."""
    try:
        return msgspec.json.decode(raw, type=Head)
    except msgspec.MsgspecError as error:
        raise StripeRefused(f"Stripe answered with what is no object: {error}") from error


def _completed(api: StripeApi, kind: StripeObject, raw: bytes) -> bytes:
    """The object with all pages of its nested lists; most have one page, and those come back as they were."""
    if not kind.nested or b'"has_more"' not in raw:
        return raw
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    is_changed = False
    for name in kind.nested:
        nested = members.get(name)
        if nested is None or bytes(nested) == b"null":
            continue
        found = _decode_list(bytes(nested), kind.path)
        if found.has_more:
            expand = [member.removeprefix(f"{name}.") for member in kind.expand if member.startswith(f"{name}.data.")]
            members[name] = msgspec.Raw(_complete_list(api, bytes(nested), found, expand))
            is_changed = True
    return msgspec.json.encode(members) if is_changed else raw


def _complete_list(api: StripeApi, raw: bytes, first: _List, expand: list[str]) -> bytes:
    address = urlsplit(first.url)
    parameters: dict[str, Any] = {"limit": LARGEST_PAGE, **dict(parse_qsl(address.query))}
    if expand:
        parameters["expand"] = expand
    whole, page = list(first.data), first
    while page.has_more:
        parameters["starting_after"] = _last_id(page, first.url)
        page = _decode_list(api.get(address.path, parameters).body, first.url)
        whole += page.data
    members: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(members | {"data": whole, "has_more": False})


def _decode_list(body: bytes, path: str) -> _List:
    try:
        return msgspec.json.decode(body, type=_List)
    except msgspec.MsgspecError as error:
        raise StripeRefused(f"Stripe answered {path} with what is no list: {error}") from error


def _last_id(page: _List, path: str) -> str:
    last = read_head(bytes(page.data[-1])).id if page.data else ""
    if not last:
        raise StripeRefused(f"Stripe says that {path} goes on and names no object to go on from")
    return last
