"""What goes wrong on request."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from simulator.stripe.admission import Admission, Faults
from simulator.stripe.refusal import Refusal
from simulator.stripe.server.form import read_form

_TRY_AGAIN = {409, 429, 503}
"""Nothing was begun, and the next try may get over it."""


def make_router(admission: Admission) -> APIRouter:
    """Choosing what goes wrong."""
    router = APIRouter(prefix="/simulator")

    @router.post("/faults")
    async def break_down(request: Request) -> dict[str, Any]:
        """What goes wrong from now on: the members of `Faults`; ``status`` may be ``none``."""
        form = await read_form(request)
        chosen: dict[str, Any] = {name: int(form[name]) for name in ("every", "times") if name in form}
        chosen |= {name: form[name] for name in ("target", "retry_after") if name in form}
        if "status" in form:
            chosen["status"] = None if form["status"] == "none" else int(form["status"])
        if "delay_seconds" in form:
            chosen["delay_seconds"] = float(form["delay_seconds"])
        admission.faults = Faults(**chosen)
        return chosen

    return router


def word(fault: Faults, method: str) -> Response | None:
    """What is answered instead of what was asked for; None: that is done all the same."""
    if not fault.status:
        return None
    if fault.status < 400:
        return JSONResponse({}, fault.status)
    kind = "api_error" if fault.status >= 500 else "invalid_request_error"
    refusal = Refusal(fault.status, f"fault {fault.status}", kind, "lock_timeout" if fault.status == 429 else "")
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    if fault.status in _TRY_AGAIN:
        headers["Stripe-Should-Retry"] = "true"
    elif fault.status == 500 and method == "POST":
        # The same key would be told of the same failure.
        headers["Stripe-Should-Retry"] = "false"
    return JSONResponse(refusal.body, refusal.status, headers)


async def disturb(fault: Faults, answer: Response) -> Response:
    """The answer late, or one that breaks off: fewer bytes than were promised."""
    await asyncio.sleep(fault.delay_seconds)
    if fault.status != 0:
        return answer

    async def begin() -> AsyncIterator[bytes]:
        yield b"{"

    return StreamingResponse(begin(), headers={"Content-Length": "1000"}, media_type="application/json")
