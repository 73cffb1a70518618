"""A scripted event: what the client will send, and what the script knows about it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class ClientEvent(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """The part of the event contract this business uses; fields at their default are not sent."""

    event: str
    id: UUID
    occurred_at: datetime
    namespace: str = ""
    visitor_id: str = ""
    user_id: str = ""
    session_hint: str = ""
    properties: dict[str, Any] | None = None
    url: str = ""
    title: str = ""
    referrer: str = ""
    screen_width: int = 0
    screen_height: int = 0
    viewport_width: int = 0
    viewport_height: int = 0
    timezone: str = ""
    language: str = ""
    source: str = ""
    service: str = ""
    service_version: str = ""
    request_id: str = ""
    user_agent: str = ""
    ip: str = ""


class ScriptedEvent(msgspec.Struct, gc=False):
    """An event of the script. ``occurred_ms`` is its instant in milliseconds since 1970, UTC."""

    occurred_ms: int
    site_id: str
    is_bot: bool
    sent: ClientEvent


def instant(occurred_ms: int) -> datetime:
    """Milliseconds since 1970 as a UTC time, exactly."""
    return _EPOCH + occurred_ms * _MILLISECOND


def milliseconds(moment: datetime) -> int:
    """A time as whole milliseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MILLISECOND


def make_event_id(occurred_ms: int, random: Random) -> UUID:
    """A UUIDv7 of that millisecond."""
    noise = random.getrandbits(74)
    return UUID(int=occurred_ms << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (1 << 62) - 1)
