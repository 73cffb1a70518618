"""Verdicts on the landing log: is it loaded in time, is there room, is all of it readable."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from orchestration.lib.backlog import Backlog

LATEST = timedelta(minutes=10)
"""A receipt that waits longer is not fresh. The resident loader takes seconds, a build every 15 minutes the rest."""
WARN_SHARE, FAIL_SHARE = 0.25, 0.5
"""Shares of the backlog at which the collector answers 503."""

LAST_RECEIPT = "SELECT max(received_at) FROM raw_events.events"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says. ``is_severe`` matters when it did not pass."""

    passed: bool
    description: str
    is_severe: bool = True
    metadata: dict[str, int | float | str] = field(default_factory=dict)


def judge_freshness(backlog: Backlog, last_receipt: datetime | None) -> Verdict:
    """Fails when a sealed segment has waited longer than `LATEST`. A site that sends nothing is not late."""
    passed = backlog.oldest <= LATEST
    waited = f"the oldest segment has waited {backlog.oldest.total_seconds():.0f} s"
    return Verdict(
        passed,
        "all that waits is new" if passed else f"{waited}, {LATEST} at most; see whether `headwater loader` runs",
        metadata={
            "oldest waiting segment, seconds": round(backlog.oldest.total_seconds(), 1),
            "last receipt loaded": last_receipt.isoformat() if last_receipt else "none yet",
        },
    )


def judge_backlog(backlog: Backlog, limit_bytes: int) -> Verdict:
    """Warns at a quarter of the limit, fails at half: from the limit on, the collector takes no more events."""
    share = backlog.bytes / limit_bytes
    return Verdict(
        share < WARN_SHARE,
        f"{backlog.segments} segments wait, {share:.0%} of HEADWATER_LANDING_BACKLOG_BYTES",
        is_severe=share >= FAIL_SHARE,
        metadata={"segments": backlog.segments, "bytes": backlog.bytes, "limit, bytes": limit_bytes},
    )


def judge_damage(backlog: Backlog) -> Verdict:
    """Fails while a segment lies aside that could not be read: its events are counted nowhere else."""
    names = ", ".join(str(path) for path in backlog.damaged[:5])
    return Verdict(
        not backlog.damaged,
        f"{len(backlog.damaged)} damaged segments lie aside: {names}" if backlog.damaged else "every segment was read",
        metadata={"damaged segments": len(backlog.damaged)},
    )


def fetch_last_receipt(warehouse: WarehouseSettings) -> datetime | None:
    """When the newest loaded event was received; None when there is none. Reads parts' ranges, no rows."""
    with Warehouse(warehouse) as client:
        found: datetime = client.value(LAST_RECEIPT)
    return found if found.year > 1970 else None
