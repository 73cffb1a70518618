"""The event as a client sends it: the one contract, and the source of the published JSON Schema.

The collector decodes the same contract with msgspec (``wire.py``) for speed; a property test proves that both accept
and refuse the same events.
"""

from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from headwater.contracts.limits import INTEGER_LENGTH, NAME_LENGTH, NUMBER_OUT_OF_RANGE, PROPERTIES_DEPTH, TEXT_LENGTH

SOURCES = ("sdk", "api", "webhook", "connector", "job", "import")
Source = Literal["sdk", "api", "webhook", "connector", "job", "import"]


def _read_uuid(value: object) -> UUID:
    try:
        return msgspec.convert(value, UUID)
    except msgspec.ValidationError as error:
        raise ValueError("must be a UUID, as in 018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10") from error


def _read_time(value: object) -> datetime:
    try:
        moment: datetime = msgspec.convert(value, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError as error:
        raise ValueError("must be an RFC 3339 time with its offset, as in 2026-01-31T12:00:00Z") from error
    return moment


def _limit_properties(value: object) -> object:
    """The collector measures the text; a level of nesting and a number are the same there and here."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > PROPERTIES_DEPTH + 1:
            raise ValueError(f"must not be nested deeper than {PROPERTIES_DEPTH} levels")
        if not all(map(_is_readable, level)):
            raise ValueError(f"must not have {NUMBER_OUT_OF_RANGE}")
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return value


def _is_readable(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or len(str(value)) <= INTEGER_LENGTH


# Read by the library that the collector uses: no two readers of RFC 3339 agree on all of it.
EventId = Annotated[UUID, BeforeValidator(_read_uuid)]
Instant = Annotated[AwareDatetime, BeforeValidator(_read_time)]
Name = Annotated[str, Field(max_length=NAME_LENGTH)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
Pixels = Annotated[int, Field(ge=0, le=65_535)]


class Event(BaseModel):
    """One thing that happened.

    Only ``event`` is required. The organization and the site come from the API key, never from the body. A field the
    contract does not know is refused, so that a typing error is noticed on the first event and not in a report.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "event": "page_view",
                    "visitor_id": "v-7f3a",
                    "url": "https://example.com/pricing?utm_source=newsletter",
                    "referrer": "https://mail.example.org/",
                }
            ]
        },
    )

    event: Name = Field(min_length=1, description="Name of what happened, as in `page_view` or `signup`.")
    id: EventId | None = Field(
        None, strict=False, description="Identity of the event; the same id is counted once. Made by the API if absent."
    )
    namespace: Name = Field("", description="Area the event belongs to, as in `product`, `billing`, `infra`.")
    occurred_at: Instant | None = Field(
        None, strict=False, description="When it happened, by the client's clock. The time of receipt if absent."
    )
    sent_at: Instant | None = Field(
        None, strict=False, description="The client's clock when it sent the event; corrects `occurred_at`. Not stored."
    )
    visitor_id: Name = Field("", description="The device or browser.")
    user_id: Name = Field("", description="The known person.")
    session_hint: Name = Field("", description="The client's own session id: kept, not trusted.")
    properties: Annotated[dict[str, Any], AfterValidator(_limit_properties)] = Field(
        default_factory=dict,
        description="Anything else, as a JSON object of at most 32 KiB and 64 levels, its numbers within "
        "those of a double; the last value counts of a name that comes twice.",
    )
    url: Text = Field("", description="Address of the page; campaign and click ids are read from its query.")
    path: Text = Field("", description="Path of the page; read from `url` if absent.")
    title: Text = Field("", description="Title of the page.")
    referrer: Text = Field("", description="Address of the page before this one.")
    utm_source: Name = ""
    utm_medium: Name = ""
    utm_campaign: Name = ""
    utm_term: Name = ""
    utm_content: Name = ""
    screen_width: Pixels = 0
    screen_height: Pixels = 0
    viewport_width: Pixels = 0
    viewport_height: Pixels = 0
    timezone: Name = Field("", description="The client's time zone, as in `Europe/Berlin`.")
    language: Name = Field("", description="The client's language, as in `de-CH`.")
    source: Source | None = Field(None, description="What sent the event; `api` or, for a browser, `sdk` if absent.")
    service: Name = Field("", description="The service it happened in.")
    service_version: Name = Field("", description="That service's version.")
    request_id: Name = Field("", description="The request it belongs to.")
    user_agent: Text = Field(
        "", description="Read for browser, system and device, then dropped. Defaults to the header."
    )
    ip: Name = Field("", description="Read for the place, then dropped. Defaults to the sender's address.")
    schema_version: int = Field(1, ge=1, le=255, description="Version of the event's own properties.")
