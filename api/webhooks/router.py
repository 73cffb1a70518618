"""`POST /api/v1/webhooks/stripe/{site_id}`."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from api.collector.body import ClientGone, read_body
from api.errors import (
    BodyTooLarge,
    BrokenEvent,
    InvalidSignature,
    NotConnected,
    Unavailable,
    UnknownSite,
    responses,
)
from api.webhooks.service import StripeWebhooks

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


class Kept(BaseModel):
    """The event is on disk."""

    id: str = Field(description="The event's id.")


@router.post(
    "/stripe/{site_id}",
    summary="Take an event from Stripe",
    responses=responses(InvalidSignature, BrokenEvent, UnknownSite, NotConnected, BodyTooLarge, Unavailable),
)
async def take_stripe_event(
    request: Request,
    site_id: Annotated[str, Path(max_length=64, description="The connected site.")],
    stripe_signature: Annotated[str, Header(description="Stripe's signature of the body.")] = "",
) -> Kept:
    """The endpoint to name in Stripe's dashboard. Answers when the event is on disk; sent twice, it counts once."""
    webhooks: StripeWebhooks = request.app.state.stripe_webhooks
    try:
        body = await read_body(dict(request.scope["headers"]), request.receive)
    except ClientGone as gone:
        raise ClientDisconnect from gone
    return Kept(id=await webhooks.take(site_id, body, stripe_signature))
