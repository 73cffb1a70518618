"""Segments at rest: which wait for the loader, which are loaded and kept, which are damaged."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headwater.landing.directory import make_directory, move_durably, read_collector_id
from headwater.landing.errors import DamagedSegment
from headwater.landing.frame import Frame, Outline, cut_frame, decode_frames, find_frame, outline_frames

SUFFIX = ".frames"
_LOADED_AT = "%H%M%S.%f"


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment that waits for the loader: a file of whole frames that no one writes to any more."""

    path: Path
    collector_id: str
    first_sequence: int

    @property
    def size(self) -> int:
        """Bytes. Raises FileNotFoundError when it has been moved."""
        return self.path.stat().st_size

    @property
    def sealed_at(self) -> datetime:
        """When it was sealed, in UTC. Raises FileNotFoundError when it has been moved."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)


def segment_name(first_sequence: int) -> str:
    """File name of the segment that begins with this sequence; names sort as their sequences do."""
    return f"{first_sequence:020d}{SUFFIX}"


def sealed_segments(landing_dir: Path) -> list[Segment]:
    """What waits for the loader, of every collector, in the order of sequences."""
    return [
        Segment(path, read_collector_id(collector), int(path.name.removesuffix(SUFFIX)))
        for collector in _collectors(landing_dir)
        for path in sorted((collector / "sealed").glob(f"*{SUFFIX}"))
    ]


def read_frames(segment: Segment) -> Iterator[Frame]:
    """The segment's frames. Raises DamagedSegment at the first that is not what was written."""
    return decode_frames(segment.path.read_bytes(), segment.path)


def read_whole_frames(segment: Segment) -> Iterator[Frame]:
    """The segment's frames but for those that are not what was written."""
    content = segment.path.read_bytes()
    for outline in _outline(content, segment.path)[0]:
        yield cut_frame(content, outline)


def outline_segment(segment: Segment) -> tuple[list[Outline], list[DamagedSegment]]:
    """Every whole frame of the segment, wherever it lies, and each place where something else is."""
    return _outline(segment.path.read_bytes(), segment.path)


def mark_loaded(segment: Segment, loaded_at: datetime | None = None) -> Path:
    """Move the segment to ``loaded/<day>/<time>-<name>``, durably. Call it when its rows are durable elsewhere."""
    moment = loaded_at or datetime.now(UTC)
    day = segment.path.parent.parent / "loaded" / moment.date().isoformat()
    make_directory(day)
    target = day / f"{moment.strftime(_LOADED_AT)}-{segment.path.name}"
    move_durably(segment.path, target)
    return target


def set_aside(segment: Segment) -> Path:
    """Move a segment that is not what was written to ``damaged/``, as evidence. Returns its new place.

    Call it when the rows of its whole frames are durable elsewhere.
    """
    damaged = segment.path.parent.parent / "damaged"
    make_directory(damaged)
    target = damaged / segment.path.name
    move_durably(segment.path, target)
    return target


def prune_loaded(landing_dir: Path, retain_days: float) -> int:
    """Delete the segments that were loaded more than ``retain_days`` ago. Returns how many."""
    limit, pruned = datetime.now(UTC) - timedelta(days=retain_days), 0
    for day, date in _loaded_days(landing_dir):
        if date + timedelta(days=1) <= limit:
            pruned += sum(1 for _ in day.glob(f"*{SUFFIX}"))
            shutil.rmtree(day)
        elif date <= limit:
            for path, loaded_at in _loaded_in(day, date):
                if loaded_at <= limit:
                    path.unlink(missing_ok=True)
                    pruned += 1
    return pruned


def replay(landing_dir: Path, since: datetime, until: datetime) -> int:
    """Let the loader load again what it loaded in ``[since, until)``. Returns how many segments.

    Their receipts are in the raw tables then as often as they were loaded; models count a receipt once.
    """
    moved = 0
    for day, date in _loaded_days(landing_dir):
        if date >= until or date + timedelta(days=1) <= since:
            continue
        sealed = day.parent.parent / "sealed"
        for path, loaded_at in _loaded_in(day, date):
            if since <= loaded_at < until:
                move_durably(path, sealed / path.name.split("-", 1)[1])
                moved += 1
    return moved


def _outline(content: bytes, path: Path) -> tuple[list[Outline], list[DamagedSegment]]:
    outlines: list[Outline] = []
    damages: list[DamagedSegment] = []
    offset = 0
    while offset >= 0:
        try:
            # Those before the damage are kept: `extend` appends one after the other.
            outlines.extend(outline_frames(content, path, offset))
            offset = -1
        except DamagedSegment as damage:
            damages.append(damage)
            offset = find_frame(content, damage.offset, path)
    return outlines, damages


def _collectors(landing_dir: Path) -> list[Path]:
    return sorted(path.parent for path in landing_dir.glob("*/collector.json"))


def _loaded_days(landing_dir: Path) -> Iterator[tuple[Path, datetime]]:
    for collector in _collectors(landing_dir):
        for day in sorted((collector / "loaded").glob("*")):
            yield day, datetime.fromisoformat(day.name).replace(tzinfo=UTC)


def _loaded_in(day: Path, date: datetime) -> Iterator[tuple[Path, datetime]]:
    for path in sorted(day.glob(f"*{SUFFIX}")):
        time = datetime.strptime(path.name.split("-", 1)[0], _LOADED_AT).time()
        yield path, datetime.combine(date.date(), time, UTC)
