"""What may be written: usage of meters, and endpoints for webhooks."""

from fastapi import APIRouter, Request

from simulator.stripe.account import Account, Object
from simulator.stripe.metering import KnownIdentifier, report_usage
from simulator.stripe.refusal import Refusal
from simulator.stripe.server.form import read_form
from simulator.stripe.server.idempotency import WritingRoute
from simulator.stripe.webhooks import Endpoint


def make_router(account: Account, endpoints: list[Endpoint]) -> APIRouter:
    """Meter events, and webhook endpoints, which are added to ``endpoints``."""
    router = APIRouter(route_class=WritingRoute)

    @router.post("/v1/billing/meter_events")
    async def take_usage(request: Request) -> Object:
        form = await read_form(request)
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

    @router.post("/v1/webhook_endpoints")
    async def add_endpoint(request: Request) -> Object:
        form = await read_form(request)
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

    return router
