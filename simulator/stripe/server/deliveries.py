"""Having webhooks delivered, when and how a test wants it."""

import asyncio
from collections.abc import Sequence
from random import Random

from fastapi import APIRouter, Request

from simulator.stripe.server.form import read_form
from simulator.stripe.webhooks import Endpoint


def make_router(endpoints: Sequence[Endpoint]) -> APIRouter:
    """Deliveries to all endpoints."""
    router = APIRouter(prefix="/simulator")

    @router.post("/deliveries")
    async def deliver(request: Request) -> dict[str, int]:
        """Send what waits: `shuffled` (a seed), `times`, `without` as in `Endpoint.deliver`."""
        form = {name: int(text) for name, text in (await read_form(request)).items()}
        shuffled = Random(form["shuffled"]) if "shuffled" in form else None
        times, without = form.get("times", 1), form.get("without", 0)
        sending = (asyncio.to_thread(one.deliver, shuffled=shuffled, times=times, without=without) for one in endpoints)
        return {"delivered": sum(await asyncio.gather(*sending))}

    return router
