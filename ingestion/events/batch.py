"""A batch: some sealed segments, checked, as a manifest of rows for each table."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from headwater.landing import Outline, Segment, outline_segment
from ingestion.manifest import Extent, Manifest, write_manifest

_log = logging.getLogger(__name__)

_SAMPLES = 64
"""Frames of a segment whose first events are looked at for the columns that events have."""

_SAMPLE_BYTES = 8192


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
    """The rows for one table: a file with their manifest, and how many there are."""

    table: str
    path: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one load brings."""

    whole: tuple[Segment, ...]
    """Segments that are what was written."""
    damaged: tuple[Segment, ...]
    """Segments that are not. Their whole frames are in the batch."""
    bytes: int
    events: Part
    rejected: Part
    landed: Part

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.whole + self.damaged

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
    """Verify the segments' checksums and write a manifest for each table to ``folder``, which is made or emptied.

    What is damaged is named in the log as an error. Raises OSError when the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    whole: list[Segment] = []
    damaged: list[Segment] = []
    events: list[Extent] = []
    rejected: list[Extent] = []
    landed: list[LandedSegment] = []
    columns: set[str] = set()
    for segment in segments:
        outlines, damages = outline_segment(segment)
        for damage in damages:
            _log.error("%s; its other frames are loaded", damage)
        (damaged if damages else whole).append(segment)
        if not outlines:
            continue
        path = str(segment.path)
        events += [Extent(path, outline.events_at, outline.event_bytes) for outline in outlines if outline.events]
        rejected += [
            Extent(path, outline.rejected_at, outline.rejected_bytes) for outline in outlines if outline.rejected
        ]
        columns |= _sample_columns(segment.path, outlines)
        landed.append(_sum_up(segment, outlines, now))
    return Batch(
        whole=tuple(whole),
        damaged=tuple(damaged),
        bytes=sum(extent.size for extent in events) + sum(extent.size for extent in rejected),
        events=_write_part(folder, "events", sum(row.events for row in landed), Manifest(sorted(columns), events)),
        rejected=_write_part(
            folder, "rejected_events", sum(row.rejected_events for row in landed), Manifest([], rejected)
        ),
        landed=write_rows(folder, "landing_segments", [msgspec.json.encode(row) + b"\n" for row in landed]),
    )


def write_rows(folder: Path, table: str, lines: Sequence[bytes]) -> Part:
    """A part with these lines as its rows. Raises OSError."""
    rows = folder / f"{table}.rows"
    rows.write_bytes(b"".join(lines))
    size = rows.stat().st_size
    return _write_part(folder, table, len(lines), Manifest([], [Extent(str(rows), 0, size)] if size else []))


def _write_part(folder: Path, table: str, rows: int, manifest: Manifest) -> Part:
    path = folder / f"{table}.jsonl"
    write_manifest(path, manifest)
    return Part(table, path, rows)


def _sample_columns(path: Path, outlines: Sequence[Outline]) -> set[str]:
    """The columns of a few events of a segment."""
    columns: set[str] = set()
    step = max(1, len(outlines) // _SAMPLES)
    with path.open("rb") as file:
        for outline in outlines[::step]:
            file.seek(outline.events_at)
            for line in file.read(min(outline.event_bytes, _SAMPLE_BYTES)).split(b"\n")[:-1]:
                columns |= _fields_of(line)
    return columns


def _fields_of(line: bytes) -> set[str]:
    try:
        return set(msgspec.json.decode(line, type=dict[str, msgspec.Raw]))
    except msgspec.DecodeError:
        # ClickHouse will refuse it, with a reason.
        return set()


def _sum_up(segment: Segment, outlines: Sequence[Outline], loaded_at: datetime) -> LandedSegment:
    return LandedSegment(
        collector_id=segment.collector_id,
        first_sequence=min(outline.first_sequence for outline in outlines),
        last_sequence=max(outline.end_sequence for outline in outlines) - 1,
        events=sum(outline.events for outline in outlines),
        rejected_events=sum(outline.rejected for outline in outlines),
        sealed_at=segment.sealed_at,
        loaded_at=loaded_at,
    )
