"""Answers of the collector's routes, as ASGI messages."""

import logging
from collections.abc import Sequence

import msgspec
from starlette.types import Send

from api.errors import ApiError, BatchTooLarge, MalformedBody, NothingAccepted, Unavailable, Unexpected
from headwater.intake import Receipt, TooManyEvents
from headwater.landing import BacklogFull, LandingError

logger = logging.getLogger(__name__)

Header = tuple[bytes, bytes]

_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")


def encode_receipt(receipt: Receipt) -> bytes:
    """The body of a 202. Raises MalformedBody or NothingAccepted when nothing of the request was accepted."""
    if receipt.accepted and not receipt.rejected and not receipt.ids:
        return b'{"accepted":%d,"rejected":[]}' % receipt.accepted
    if broken := receipt.broken:
        raise MalformedBody(
            broken.reason,
            code=str(broken.code),
            field=broken.field or None,
            byte=broken.byte,
            line=broken.line,
            column=broken.column,
        )
    rejected = [
        {
            "index": rejection.index,
            "code": rejection.code,
            "field": rejection.field,
            "reason": rejection.reason,
        }
        for rejection in receipt.rejected
    ]
    if not receipt.accepted:
        raise NothingAccepted(None if rejected else "The request has no events.", rejected=rejected)
    body: dict[str, object] = {"accepted": receipt.accepted, "rejected": rejected}
    if receipt.ids:
        body["ids"] = receipt.ids
    return _encode(body)


def encode_error(error: ApiError) -> bytes:
    """The body of an error. Where nothing was accepted, it says so the way a 202 would, too."""
    body = error.body()
    if isinstance(error, NothingAccepted):
        body |= {"accepted": 0, "rejected": body["error"].pop("rejected")}
    return _encode(body)


def as_api_error(error: Exception) -> ApiError:
    """The answer to whatever went wrong while a request was served. What nobody foresaw is logged."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, TooManyEvents):
        return BatchTooLarge(f"The batch has {error.count:,} events; 1,000 are allowed.")
    if isinstance(error, BacklogFull):
        return Unavailable(f"The backlog is full: {error}", retry_after=error.retry_after)
    if isinstance(error, LandingError):
        return Unavailable(f"The landing log cannot be written: {error}")
    logger.error("a request failed", exc_info=error)
    return Unexpected()


async def send_json(send: Send, status: int, body: bytes, headers: Sequence[Header] = ()) -> None:
    """Send a whole JSON answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [_JSON, (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError, headers: Sequence[Header] = ()) -> None:
    """Send an error's answer."""
    own = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    await send_json(send, error.status, encode_error(error), [*own, *headers])
