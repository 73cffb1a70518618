"""An account's API over HTTP, for tests that need to say exactly what it holds, answers and breaks.

It serves what the loader asks: lists with their filters and cursors, single objects, nested lists page by page, the
events feed, meter events. Whatever `put` and `delete` change is told by an event, as Stripe does.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from headwater.contracts.stripe import API_VERSION, BY_KIND, OBJECTS

KEY = "rk_test_of_the_account"
LINES_SHOWN = 10
"""Members of a nested list that are inside their object; the others are on further pages."""

Object = dict[str, Any]
Fault = tuple[int, dict[str, str]]
"""A status, 0 to drop the connection, and headers."""

_ITEMS = "/v1/subscription_items"


@dataclass
class StripeAccount:
    """What the account holds. Times of events are ``now``, which only moves when a test moves it."""

    now: int = 1_760_000_000
    objects: dict[str, dict[str, Object]] = field(default_factory=lambda: {kind.path: {} for kind in OBJECTS})
    events: dict[str, Object] = field(default_factory=dict)
    paid_out: dict[str, list[str]] = field(default_factory=dict)
    """Ids of balance transactions by payout."""
    meter_events: dict[str, Object] = field(default_factory=dict)
    """By identifier."""
    requests: list[str] = field(default_factory=list)
    """Every request's method and target, in order."""
    fault: Callable[[int, str], Fault | None] = lambda _number, _target: None
    """Asked with each request's number and target: what goes wrong with it."""
    address: str = ""

    def put(self, kind: str, id_: str, event: str = "", **members: Any) -> Object:
        """Create or change an object; say so with the event, unless that is 'none'."""
        held = self.objects[BY_KIND[kind].path]
        is_new = id_ not in held
        held[id_] = held.get(id_, {"id": id_, "object": kind, "created": self.now, "livemode": False}) | members
        if event != "none":
            self.tell(event or f"{kind}.{'created' if is_new else 'updated'}", held[id_])
        return held[id_]

    def delete(self, kind: str, id_: str) -> None:
        """Remove an object; say so with an event that shows it as it was last."""
        self.tell(f"{kind}.deleted", self.objects[BY_KIND[kind].path].pop(id_))

    def tell(self, type_: str, about: Object) -> Object:
        """Add an event to the feed."""
        id_ = f"evt_{len(self.events):08d}"
        shown = json.loads(json.dumps(_cut(BY_KIND[about["object"]].path, about)))
        self.events[id_] = {
            "id": id_,
            "object": "event",
            "type": type_,
            "created": self.now,
            "livemode": False,
            "data": {"object": shown},
        }
        return self.events[id_]

    def of(self, kind: str) -> dict[str, Object]:
        """The objects of a kind by id."""
        return self.objects[BY_KIND[kind].path]


def _cut(path: str, whole: Object) -> Object:
    """The object with the first members of its nested lists only."""
    kind = next(kind for kind in OBJECTS if kind.path == path)
    shown = dict(whole)
    for name in kind.nested:
        if isinstance(members := shown.get(name), list):
            url = f"{_ITEMS}?subscription={whole['id']}" if name == "items" else f"{path}/{whole['id']}/{name}"
            has_more = len(members) > LINES_SHOWN
            shown[name] = {"object": "list", "data": members[:LINES_SHOWN], "has_more": has_more, "url": url}
    return shown


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave as two packets, and without this the second waits for the first one's acknowledgement.
    disable_nagle_algorithm = True
    account: StripeAccount

    def do_GET(self) -> None:
        if self._is_admitted():
            target = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(target.query).items()}
            self._answer(*_get(self.account, target.path, query))

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if not self._is_admitted():
            return
        form = {name: values[0] for name, values in body.items()}
        if form["identifier"] in self.account.meter_events:
            message = f"An event already exists with identifier {form['identifier']}"
            self._answer(400, {"error": {"type": "invalid_request_error", "message": message}})
        else:
            self.account.meter_events[form["identifier"]] = form
            self._answer(200, {"object": "billing.meter_event", "identifier": form["identifier"]})

    def _is_admitted(self) -> bool:
        self.account.requests.append(f"{self.command} {self.path}")
        fault = self.account.fault(len(self.account.requests), self.path)
        if fault:
            status, headers = fault
            if status == 0:
                self.close_connection = True
            else:
                self._answer(status, {"error": {"type": "api_error", "message": f"fault {status}"}}, headers)
            return False
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self._answer(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})
            return False
        assert self.headers["Stripe-Version"] == API_VERSION
        return True

    def _answer(self, status: int, body: Object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body, indent=2).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content)), "Request-Id": "req_1"} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _get(account: StripeAccount, path: str, query: dict[str, str]) -> tuple[int, Object]:
    if path == "/v1/events":
        return _list(list(account.events.values()), query, path)
    if path == _ITEMS:
        return _list_in_order(account.of("subscription")[query["subscription"]]["items"], query, path)
    if path in account.objects:
        found = [_cut(path, whole) for whole in account.objects[path].values()]
        if "payout" in query:
            wanted = account.paid_out.get(query["payout"], [])
            found = [one for one in found if one["id"] in wanted]
        if path == "/v1/subscriptions" and query.get("status") != "all":
            found = [one for one in found if one.get("status") != "canceled"]
        return _list(found, query, path)
    for kind in OBJECTS:
        id_, _, nested = path.removeprefix(f"{kind.path}/").partition("/")
        if path.startswith(f"{kind.path}/") and id_ in account.objects[kind.path]:
            whole = account.objects[kind.path][id_]
            return _list_in_order(whole[nested], query, path) if nested else (200, _cut(kind.path, whole))
    return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such {path}"}}


def _list(found: list[Object], query: dict[str, str], path: str) -> tuple[int, Object]:
    """Newest first; of the same second, the last one that was made."""
    order = {one["id"]: (one["created"], place) for place, one in enumerate(found)}
    return _list_in_order(sorted(found, key=lambda one: order[one["id"]], reverse=True), query, path)


def _list_in_order(found: list[Object], query: dict[str, str], path: str) -> tuple[int, Object]:
    since, until = int(query.get("created[gte]", 0)), int(query.get("created[lte]", 2**40))
    before = int(query.get("created[lt]", 2**40))
    found = [one for one in found if since <= one.get("created", since) <= until and one.get("created", 0) < before]
    if after := query.get("starting_after"):
        places = [place for place, one in enumerate(found) if one["id"] == after]
        if not places:
            return 400, {"error": {"type": "invalid_request_error", "message": f"No such object: {after}"}}
        found = found[places[0] + 1 :]
    limit = int(query.get("limit", 10))
    return 200, {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": path}


@contextmanager
def serving(account: StripeAccount) -> Iterator[StripeAccount]:
    """Serve the account at ``account.address`` until the end of the block."""
    handler = type("Handler", (_Handler,), {"account": account})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        account.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield account
        finally:
            server.shutdown()
            thread.join()


def slowly(_number: int, _target: str) -> None:
    """A fault that only takes its time, as a distant server does."""
    time.sleep(0.005)
