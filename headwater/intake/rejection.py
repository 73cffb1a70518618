"""Why an event or a whole body was refused."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable names of the rules. They are in answers and in ``raw_events.rejected_events.code``; never rename one."""

    MALFORMED_JSON = "malformed_json"
    """The body is not JSON. The reason names byte, line and column."""
    INVALID_UTF8 = "invalid_utf8"
    """The text is not UTF-8."""
    NOT_AN_OBJECT = "not_an_object"
    """Something else than a JSON object where an event or its properties belong."""
    UNKNOWN_FIELD = "unknown_field"
    """A field the contract does not have."""
    MISSING_FIELD = "missing_field"
    """A required field is absent."""
    WRONG_TYPE = "wrong_type"
    """A text where a number belongs, or the like. Null is no value: leave the field out."""
    EMPTY_FIELD = "empty_field"
    """A required text is empty."""
    FIELD_TOO_LONG = "field_too_long"
    """A text has more characters than allowed."""
    OUT_OF_RANGE = "out_of_range"
    """A number is smaller or larger than allowed."""
    INVALID_ID = "invalid_id"
    """The id is not a UUID."""
    INVALID_TIME = "invalid_time"
    """A time is not RFC 3339 with an offset."""
    UNKNOWN_VALUE = "unknown_value"
    """Not one of the values the field may have."""
    OCCURRED_IN_FUTURE = "occurred_in_future"
    """``occurred_at``, corrected by ``sent_at``, is more than 24 hours ahead."""
    OCCURRED_TOO_EARLY = "occurred_too_early"
    """``occurred_at``, corrected by ``sent_at``, is before 1970."""
    PROPERTIES_TOO_LARGE = "properties_too_large"
    """The properties are more than 32 KiB of JSON."""
    PROPERTIES_TOO_DEEP = "properties_too_deep"
    """The properties, or the body, are nested too deep."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused event."""

    index: int
    """Its place in the batch, from 0; for imports, the line in the file, from 1."""
    code: str
    """A `Code`, or an importer's own."""
    reason: str
    """What is wrong and where, for a person."""
    field: str = ""
    """The field at fault, where there is one."""
    body: str = ""
    """The event as sent. Addresses are taken out when it is landed."""
    origin: str = ""
    """File it was imported from."""


class TooManyEvents(Exception):
    """A body with more events than `limits.BATCH_EVENTS`. Nothing of it is landed: it must be sent again in parts."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count:,} events in one request")
        self.count = count


class BrokenBody(Exception):
    """A body in which no single event can be told. ``byte``, ``line`` and ``column`` count from 0, 1 and 1."""

    def __init__(self, code: Code, reason: str, body: bytes, byte: int | None = None, field: str = "") -> None:
        self.byte = byte
        self.line = self.column = None
        if byte is not None:
            before = body[:byte]
            self.line = before.count(b"\n") + 1
            self.column = len(before) - before.rfind(b"\n")
            reason = f"{reason} at byte {byte} (line {self.line}, column {self.column})"
        super().__init__(reason)
        self.code, self.reason, self.field = code, reason, field
