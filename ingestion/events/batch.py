"""A batch: the payload of some sealed segments as three files that ClickHouse reads as they are."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from headwater.landing import DamagedSegment, Frame, Segment, read_frames, set_aside

_log = logging.getLogger(__name__)


class LandedSegment(msgspec.Struct):
    """What a collector says it wrote. One row of ``raw_events.landing_segments``."""

    collector_id: str
    first_sequence: int
    last_sequence: int
    events: int
    rejected_events: int
    sealed_at: datetime
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """The rows for one table: a file of JSON lines, and how many there are."""

    table: str
    path: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one load brings. ``segments`` are those that could be read; damaged ones have been set aside."""

    segments: tuple[Segment, ...]
    damaged: int
    bytes: int
    events: Part
    rejected: Part
    landed: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those with rows in them."""
        return tuple(part for part in (self.events, self.rejected, self.landed) if part.rows)


def choose_segments(segments: Iterable[Segment], max_bytes: int) -> list[Segment]:
    """The first segments that are together at most ``max_bytes`` long; one at least."""
    chosen: list[Segment] = []
    size = 0
    for segment in segments:
        size += segment.size
        if chosen and size > max_bytes:
            break
        chosen.append(segment)
    return chosen


def write_batch(segments: Iterable[Segment], folder: Path) -> Batch:
    """Verify the segments' checksums and write their payload to files in ``folder``, which is made or emptied.

    A damaged segment is set aside and named in the log as an error. Raises OSError when the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events_path, rejected_path = folder / "events.jsonl", folder / "rejected_events.jsonl"
    good: list[Segment] = []
    landed: list[LandedSegment] = []
    damaged = size = 0
    now = datetime.now(UTC)
    with events_path.open("wb") as events, rejected_path.open("wb") as rejected:
        for segment in segments:
            try:
                frames = list(read_frames(segment))
            except DamagedSegment as error:
                _log.error("%s; moved to %s, its events are not loaded", error, set_aside(segment))
                damaged += 1
                continue
            events.writelines(frame.event_lines for frame in frames)
            rejected.writelines(frame.rejected_lines for frame in frames)
            good.append(segment)
            landed.append(_sum_up(segment, frames, now))
            size += sum(frame.size for frame in frames)
    landed_path = folder / "landing_segments.jsonl"
    landed_path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in landed))
    return Batch(
        segments=tuple(good),
        damaged=damaged,
        bytes=size,
        events=Part("events", events_path, sum(row.events for row in landed)),
        rejected=Part("rejected_events", rejected_path, sum(row.rejected_events for row in landed)),
        landed=Part("landing_segments", landed_path, len(landed)),
    )


def _sum_up(segment: Segment, frames: list[Frame], loaded_at: datetime) -> LandedSegment:
    return LandedSegment(
        collector_id=segment.collector_id,
        first_sequence=min(frame.first_sequence for frame in frames),
        last_sequence=max(frame.end_sequence for frame in frames) - 1,
        events=sum(frame.events for frame in frames),
        rejected_events=sum(frame.rejected for frame in frames),
        sealed_at=segment.sealed_at,
        loaded_at=loaded_at,
    )
