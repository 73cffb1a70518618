"""The account's test clock."""

from fastapi import APIRouter, Request

from simulator.stripe.account import Account, Object
from simulator.stripe.refusal import Refusal, missing
from simulator.stripe.server.form import read_form
from simulator.stripe.server.idempotency import WritingRoute

CLOCK = "clock_1HwSimAccnt"
"""The account's one test clock: all of it lives by it."""


def make_router(account: Account) -> APIRouter:
    """Showing the clock, and moving it forward."""
    router = APIRouter(prefix="/v1/test_helpers/test_clocks", route_class=WritingRoute)

    @router.get("/{id_}")
    async def show_clock(id_: str) -> Object:
        return _clock(account, id_)

    @router.post("/{id_}/advance")
    async def advance_clock(id_: str, request: Request) -> Object:
        _clock(account, id_)
        try:
            account.advance(int((await read_form(request))["frozen_time"]))
        except (KeyError, ValueError) as wrong:
            raise Refusal(400, f"frozen_time: {wrong}", param="frozen_time") from None
        return _clock(account, id_)

    return router


def _clock(account: Account, id_: str) -> Object:
    if id_ != CLOCK:
        raise missing("test clock", id_)
    return {"id": CLOCK, "object": "test_helpers.test_clock", "frozen_time": account.now, "status": "ready"}
