"""The event contract decoded with msgspec: the collector's hot path.

Decoding 500-event batches costs 1 µs an event here against 6 µs with pydantic. `event.py` stays the contract; a
property test holds the two together.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from headwater.contracts.event import Source
from headwater.contracts.limits import NAME_LENGTH, TEXT_LENGTH

Name = Annotated[str, Meta(max_length=NAME_LENGTH)]
Text = Annotated[str, Meta(max_length=TEXT_LENGTH)]
Pixels = Annotated[int, Meta(ge=0, le=65_535)]
Instant = Annotated[datetime, Meta(tz=True)]

EMPTY_OBJECT = msgspec.Raw(b"{}")


class WireEvent(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """`event.Event`, field for field. ``properties`` stays the JSON text that was sent."""

    event: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
    id: UUID | None = None
    namespace: Name = ""
    occurred_at: Instant | None = None
    sent_at: Instant | None = None
    visitor_id: Name = ""
    user_id: Name = ""
    session_hint: Name = ""
    properties: msgspec.Raw = EMPTY_OBJECT
    url: Text = ""
    path: Text = ""
    title: Text = ""
    referrer: Text = ""
    utm_source: Name = ""
    utm_medium: Name = ""
    utm_campaign: Name = ""
    utm_term: Name = ""
    utm_content: Name = ""
    screen_width: Pixels = 0
    screen_height: Pixels = 0
    viewport_width: Pixels = 0
    viewport_height: Pixels = 0
    timezone: Name = ""
    language: Name = ""
    source: Source | None = None
    service: Name = ""
    service_version: Name = ""
    request_id: Name = ""
    user_agent: Text = ""
    ip: Name = ""
    schema_version: Annotated[int, Meta(ge=1, le=255)] = 1
