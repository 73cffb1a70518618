"""Events that are broken on purpose, each with the code it must be refused with."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import msgspec

from headwater.contracts.limits import NAME_LENGTH, PROPERTIES_BYTES
from simulator.event import instant, make_event_id

BROKEN_SHARE = 0.002
"""Broken events as a share of the sound ones."""

_FAR_AHEAD = datetime(2999, 1, 1, tzinfo=UTC)


def _sound(occurred_ms: int, random: Random) -> dict[str, object]:
    return {"event": "page_view", "id": make_event_id(occurred_ms, random), "occurred_at": instant(occurred_ms)}


BREAKAGES: tuple[tuple[str, Callable[[dict[str, object]], dict[str, object]]], ...] = (
    ("missing_field", lambda event: {name: value for name, value in event.items() if name != "event"}),
    ("unknown_field", lambda event: event | {"vistor_id": "v-typo"}),
    ("field_too_long", lambda event: event | {"event": "x" * (NAME_LENGTH + 1)}),
    ("wrong_type", lambda event: event | {"visitor_id": 42}),
    ("occurred_in_future", lambda event: event | {"occurred_at": _FAR_AHEAD}),
    ("properties_too_large", lambda event: event | {"properties": {"blob": "x" * PROPERTIES_BYTES}}),
)
"""The code of a refusal, and what to do to a sound event to earn it."""


def make_broken_event(occurred_ms: int, random: Random) -> tuple[str, bytes]:
    """The code of the refusal, and the event as sent."""
    # The largest is by far the heaviest to send, so it is the rarest.
    kind = random.choice(BREAKAGES[:-1]) if random.random() < 0.95 else BREAKAGES[-1]
    return kind[0], msgspec.json.encode(kind[1](_sound(occurred_ms, random)))
