"""What waits in the landing log for the loader."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from headwater.landing import sealed_segments


@dataclass(frozen=True, slots=True)
class Backlog:
    """Sealed segments that are not loaded, and segments that could not be read."""

    segments: int
    bytes: int
    oldest: timedelta
    """How long the oldest has waited; zero when none waits."""
    damaged: tuple[Path, ...]


def measure_backlog(landing_dir: Path, now: datetime) -> Backlog:
    """Look at every collector's log. A segment that is loaded meanwhile does not count."""
    sizes, ages = [], [timedelta()]
    for segment in sealed_segments(landing_dir):
        try:
            size, age = segment.size, now - segment.sealed_at
        except FileNotFoundError:
            continue
        sizes.append(size)
        ages.append(age)
    damaged = tuple(sorted(landing_dir.glob("*/damaged/*")))
    return Backlog(segments=len(sizes), bytes=sum(sizes), oldest=max(ages), damaged=damaged)
