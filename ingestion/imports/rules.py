"""The contract's rules that a parsed line can break.

The intake takes decoded events at their word, and would name an event by its place in the batch; a refused line is
named by its number in the file.
"""

from datetime import UTC, datetime

from headwater.contracts.limits import FUTURE, NAME_LENGTH, PROPERTIES_BYTES, TEXT_LENGTH
from headwater.contracts.wire import WireEvent
from headwater.intake.rejection import Code
from ingestion.imports.combined import LineRefused

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LIMITS = (
    ("url", TEXT_LENGTH),
    ("path", TEXT_LENGTH),
    ("referrer", TEXT_LENGTH),
    ("user_agent", TEXT_LENGTH),
    ("user_id", NAME_LENGTH),
    ("ip", NAME_LENGTH),
)


def check_event(event: WireEvent, received_at: datetime) -> None:
    """Raises LineRefused when the event breaks a rule."""
    for field, limit in _LIMITS:
        if len(getattr(event, field)) > limit:
            raise LineRefused(Code.FIELD_TOO_LONG, f"`{field}` is longer than {limit} characters", field)
    if len(bytes(event.properties)) > PROPERTIES_BYTES:
        raise LineRefused(
            Code.PROPERTIES_TOO_LARGE,
            f"what was sent instead of a request is over {PROPERTIES_BYTES:,} bytes",
            "request",
        )
    occurred_at = event.occurred_at or received_at
    if occurred_at < _EARLIEST:
        raise LineRefused(Code.OCCURRED_TOO_EARLY, f"{occurred_at:%Y-%m-%d} is before 1970", "occurred_at")
    if occurred_at > received_at + FUTURE:
        raise LineRefused(
            Code.OCCURRED_IN_FUTURE, f"{occurred_at:%Y-%m-%dT%H:%M:%SZ} is more than 24 hours ahead", "occurred_at"
        )
