"""Landing events for tests of the way into ClickHouse, and counting what arrived."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from headwater.contracts.landing import LandedEvent, RejectedEvent
from headwater.landing import Frame, LandingLog, Segment, sealed_segments
from headwater.settings import HomeSettings, LandingSettings
from headwater.warehouse.client import Warehouse

SEALED_AT_CLOSE = LandingSettings(seal_seconds=60)


@dataclass(slots=True)
class Landed:
    """What a test has landed in one directory: one collector, and the sequences of its records."""

    home: HomeSettings
    collector_id: str = ""
    events: list[int] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def land(
        self,
        *events: int,
        rejected: int = 0,
        spoil: Sequence[int] = (),
        broken: bytes | None = None,
        rare: Mapping[int, bytes] | None = None,
    ) -> Segment:
        """One sealed segment with a frame for each of the counts in ``events``; ``rejected`` are in the first.

        Of each frame, the events at the places in ``spoil`` get a screen width ClickHouse cannot read, or the line
        ``broken``; those in ``rare`` get one field more.
        """
        log = LandingLog(self.home.landing_dir, SEALED_AT_CLOSE)
        self.collector_id = log.collector_id
        for count in events:
            frame = make_frame(log, count, rejected)
            lines = frame.event_lines.splitlines(keepends=True)
            for place in spoil:
                lines[place] = broken or lines[place].replace(b'"event":"tick"', b'"screen_width":"wide"')
            for place, more in (rare or {}).items():
                lines[place] = lines[place].replace(b'"event":"tick"', b'"event":"tick",' + more)
            frame = Frame(frame.first_sequence, count, rejected, b"".join(lines), frame.rejected_lines)
            log.append_now(frame)
            self.events += range(frame.first_sequence, frame.first_sequence + count)
            self.rejected += range(frame.first_sequence + count, frame.end_sequence)
            rejected = 0
        log.close()
        return sealed_segments(self.home.landing_dir)[-1]

    def in_warehouse(self, warehouse: Warehouse, table: str) -> list[int]:
        """The sequences in a raw table, in order, repetitions included."""
        rows = warehouse.query(
            f"SELECT sequence FROM raw_events.{table} WHERE collector_id = {{id:String}} ORDER BY sequence",
            {"id": self.collector_id},
        )[1]
        return [row[0] for row in rows]


def make_frame(log: LandingLog, events: int, rejected: int = 0) -> Frame:
    """A frame of plausible records with the log's next sequences."""
    first, now = log.reserve(events + rejected), datetime.now(UTC)
    accepted = [
        LandedEvent(
            id=uuid.uuid4(),
            event="tick",
            occurred_at=now,
            received_at=now,
            collector_id=log.collector_id,
            sequence=first + n,
            org_id="org",
            site_id="site",
            properties=msgspec.Raw(b'{"plan":"pro","cart":{"items":[1,2]}}'),
        )
        for n in range(events)
    ]
    refused = [
        RejectedEvent(
            received_at=now,
            collector_id=log.collector_id,
            sequence=first + events + n,
            org_id="org",
            site_id="site",
            code="field_too_long",
            reason="event: longer than 200 characters",
        )
        for n in range(rejected)
    ]
    return Frame(first, events, rejected, encode_lines(accepted), encode_lines(refused))


def encode_lines(records: Sequence[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
