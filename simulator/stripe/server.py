"""A Stripe account over HTTP: lists, single objects, meters, a test clock, webhook endpoints, and faults on request."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from headwater.contracts.stripe import API_VERSION
from simulator.stripe.account import Account, Object
from simulator.stripe.admission import Admission, Faults
from simulator.stripe.expansion import answer
from simulator.stripe.listing import cut_page, list_objects
from simulator.stripe.metering import KnownIdentifier, report_usage
from simulator.stripe.refusal import Refusal, missing
from simulator.stripe.webhooks import Endpoint

CLOCK = "clock_1HwSimAccnt"
"""The account's one test clock: all of it lives by it."""

_SUB_LISTS = {"subscription_items": ("subscriptions", "subscription", "items")}
"""Lists inside an object that have an address of their own: the object's list, its filter, its member."""


def make_app(account: Account, admission: Admission) -> FastAPI:
    """The application. Requests are answered one after the other, as the account knows one time only."""
    app = FastAPI(title="Stripe, simulated", docs_url=None, redoc_url=None, openapi_url=None)
    endpoints: list[Endpoint] = []

    @app.middleware("http")
    async def answer_as_stripe(request: Request, call_next: Any) -> Response:
        path = request.url.path.removeprefix("/v1/")
        admission.requests.append(f"{request.method} {request.url.path}?{request.url.query}".rstrip("?"))
        try:
            if request.url.path.startswith("/v1/"):
                admission.admit(request.method, path, request.headers.get("authorization", ""))
                if admission.faults.strikes():
                    return await _fail(admission.faults)
            response: Response = await call_next(request)
        except Refusal as refusal:
            response = JSONResponse(refusal.body, refusal.status, refusal.headers)
        # Objects are dated by the account's clock, and so is the answer that shows them.
        response.headers["Date"] = formatdate(account.now, usegmt=True)
        response.headers["Request-Id"] = f"req_{len(admission.requests):014}"
        response.headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION)
        return response

    @app.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.body, refusal.status, refusal.headers)

    @app.post("/v1/billing/meter_events")
    async def take_usage(request: Request) -> Object:
        form = await _form(request)
        try:
            return report_usage(
                account,
                form["payload[stripe_customer_id]"],
                form["event_name"],
                int(form["payload[value]"]),
                form.get("identifier", ""),
                int(form["timestamp"]) if "timestamp" in form else None,
            )
        except KnownIdentifier as known:
            raise Refusal(400, str(known)) from None
        except (KeyError, ValueError) as wrong:
            raise Refusal(400, f"Missing or wrong parameter: {wrong}") from None

    @app.get("/v1/test_helpers/test_clocks/{id_}")
    async def show_clock(id_: str) -> Object:
        return _clock(account, id_)

    @app.post("/v1/test_helpers/test_clocks/{id_}/advance")
    async def advance_clock(id_: str, request: Request) -> Object:
        _clock(account, id_)
        try:
            account.advance(int((await _form(request))["frozen_time"]))
        except (KeyError, ValueError) as wrong:
            raise Refusal(400, f"frozen_time: {wrong}", param="frozen_time") from None
        return _clock(account, id_)

    @app.post("/v1/webhook_endpoints")
    async def add_endpoint(request: Request) -> Object:
        form = await _form(request)
        if "url" not in form:
            raise Refusal(400, "Missing required param: url.", param="url")
        kinds = tuple(text for name, text in form.items() if name.startswith("enabled_events"))
        made = Endpoint(form["url"], f"whsec_{len(endpoints):032}", kinds or ("*",))
        made.listen(account)
        endpoints.append(made)
        return {
            "id": f"we_{len(endpoints)}",
            "object": "webhook_endpoint",
            "url": made.url,
            "secret": made.secret,
            "enabled_events": list(made.kinds),
            "status": "enabled",
            "livemode": False,
        }

    @app.post("/simulator/deliveries")
    async def deliver(request: Request) -> dict[str, int]:
        """Send what waits: `shuffled` (a seed), `times`, `without` as in `Endpoint.deliver`."""
        form = {name: int(text) for name, text in (await _form(request)).items()}
        shuffled = Random(form["shuffled"]) if "shuffled" in form else None
        times, without = form.get("times", 1), form.get("without", 0)
        sending = (asyncio.to_thread(one.deliver, shuffled=shuffled, times=times, without=without) for one in endpoints)
        return {"delivered": sum(await asyncio.gather(*sending))}

    @app.post("/simulator/faults")
    async def break_down(request: Request) -> dict[str, float]:
        """What goes wrong from now on: the members of `Faults`."""
        form = await _form(request)
        chosen: dict[str, Any] = {name: int(form[name]) for name in ("every", "status", "times") if name in form}
        if "delay_seconds" in form:
            chosen["delay_seconds"] = float(form["delay_seconds"])
        admission.faults = Faults(**chosen)
        return chosen

    @app.get("/v1/{path:path}")
    async def read(path: str, request: Request) -> Response:
        return Response(json.dumps(_read(account, path, request)), media_type="application/json")

    return app


def _read(account: Account, path: str, request: Request) -> Object:
    query, wanted = _split(request.query_params.multi_items())
    if path == "events" or path in account.objects:
        return _page(account, f"/v1/{path}", list_objects(account, path, query), query, wanted)
    if path in _SUB_LISTS:
        of, filter_, member = _SUB_LISTS[path]
        return _page(account, f"/v1/{path}", _inside(account, of, query.get(filter_, ""), member), query, wanted)
    parent, _, id_ = path.rpartition("/")
    if parent == "events" and id_ in account.events:
        return account.events[id_]
    if parent in account.objects:
        if id_ not in account.objects[parent]:
            raise missing(parent.removesuffix("s"), id_)
        return answer(account, account.objects[parent][id_], wanted)
    of, _, owner = parent.rpartition("/")
    if of in account.objects:
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


def _clock(account: Account, id_: str) -> Object:
    if id_ != CLOCK:
        raise missing("test clock", id_)
    return {"id": CLOCK, "object": "test_helpers.test_clock", "frozen_time": account.now, "status": "ready"}


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


async def _fail(faults: Faults) -> Response:
    await asyncio.sleep(faults.delay_seconds)
    if faults.status:
        refusal = Refusal(faults.status, f"fault {faults.status}", "api_error")
        return JSONResponse(refusal.body, refusal.status, refusal.headers)

    async def nothing() -> AsyncIterator[bytes]:
        # Fewer bytes than were promised: the server hangs up.
        yield b"{"

    return StreamingResponse(nothing(), headers={"Content-Length": "1000"}, media_type="application/json")


@contextmanager
def serving(account: Account, admission: Admission, port: int = 0) -> Iterator[str]:
    """Serve the account in a thread until the end of the block. Yields its address."""
    config = uvicorn.Config(
        make_app(account, admission),
        host="127.0.0.1",
        port=port,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
    )
    server = uvicorn.Server(config)
    # The thread that asked for it handles signals.
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise OSError(f"nothing can be served on port {port}")
            time.sleep(0.01)
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.should_exit = True
        thread.join()
