"""Poison rows: finding what ClickHouse refuses in a batch, so that the rest can be loaded and no row is lost.

Rows are tried on a twin of the table that checks like it and stores nothing, halves of halves, until each refused row
stands alone with ClickHouse's reason.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from headwater.contracts.landing import RejectedEvent
from headwater.contracts.limits import REJECTED_BODY_BYTES
from headwater.landing import Frame, Segment, read_whole_frames
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseRefused
from ingestion.events.batch import Batch, Part, write_rows
from ingestion.insert import insert

CODE = "refused_by_warehouse"

MOST_REFUSED = 1_000
"""Refused rows in one batch beyond which the rows are not to blame but the table is."""

_REFUSED_FOR_ITS_DATA = frozenset(
    {6, 25, 26, 27, 33, 34, 38, 41, 53, 69, 70, 72, 108, 117, 128, 131, 158, 190, 321, 349}
    | {376, 377, 407, 441, 467, 469, 490, 636, 675, 676}
)
"""ClickHouse's error codes that speak of the rows: what cannot be parsed, converted or stored because of its value."""


class _Receipt(msgspec.Struct):
    """Of a landed line, which receipt it is."""

    sequence: int


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One landed line, and where it came from."""

    line: bytes
    frame: Frame
    place: int
    """Which line of its frame, events and then rejections."""
    segment: Segment


_Trial = Callable[[Sequence[_Row]], str]
"""ClickHouse's reason against the rows, or nothing."""


def is_about_data(error: WarehouseRefused) -> bool:
    """Whether ClickHouse refused because of what is in the rows, and not because of its own state."""
    # A field the table does not have is in every row of its kind: that is a migration that was not applied.
    return error.code in _REFUSED_FOR_ITS_DATA and "Unknown field" not in str(error)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What is left to load of a batch, and how many of its rows were refused."""

    remainder: Batch
    events: int
    """Refused events."""
    rejected: int
    """Refused rejections."""


def quarantine(batch: Batch, stored_tables: Collection[str], settings: WarehouseSettings) -> Quarantined:
    """Turn every refused row into a rejected one of the same receipt; leave out what is in ``stored_tables`` already.

    The batch's files are written anew. Raises WarehouseAway; WarehouseRefused when ClickHouse refuses for another
    reason than the rows, or so many of them that the table must be at fault; OSError when the disk is full.
    """
    rows = _read_rows(batch.segments)
    refused: dict[_Row, str] = {}
    counts = {}
    with Warehouse(settings) as warehouse:
        for table in rows:
            if table in stored_tables:
                rows[table] = []
            before = len(refused)
            with _twin(warehouse, table) as twin:
                _find_refused(rows[table], _trial(settings, twin), refused)
            counts[table] = len(refused) - before
    events, rejected = ([row.line for row in some if row not in refused] for some in rows.values())
    rejected += [_rejection(row, reason) for row, reason in refused.items()]
    remainder = replace(
        batch,
        events=_rewritten(batch.events, events),
        rejected=_rewritten(batch.rejected, rejected),
        landed=replace(batch.landed, rows=0) if batch.landed.table in stored_tables else batch.landed,
    )
    return Quarantined(remainder, counts["events"], counts["rejected_events"])


def _read_rows(segments: Iterable[Segment]) -> dict[str, list[_Row]]:
    events: list[_Row] = []
    rejected: list[_Row] = []
    for segment in segments:
        for frame in read_whole_frames(segment):
            rows = [_Row(line, frame, place, segment) for place, line in enumerate(_lines(frame))]
            events += rows[: frame.events]
            rejected += rows[frame.events :]
    return {"events": events, "rejected_events": rejected}


@contextmanager
def _twin(warehouse: Warehouse, table: str) -> Iterator[str]:
    """A table that checks rows like ``raw_events.<table>`` and keeps none. Yields its name."""
    name = f"raw_events._trial_of_{table}"
    warehouse.command(f"DROP TABLE IF EXISTS {name} SYNC")
    warehouse.command(f"CREATE TABLE {name} AS raw_events.{table} ENGINE = Null")
    try:
        yield name
    finally:
        warehouse.command(f"DROP TABLE IF EXISTS {name} SYNC")


def _trial(settings: WarehouseSettings, twin: str) -> _Trial:
    sql = f"INSERT INTO {twin} FORMAT JSONEachRow"
    password = settings.password.get_secret_value()

    def reason_against(rows: Sequence[_Row]) -> str:
        try:
            insert(settings.address, settings.user, password, sql, b"".join(row.line for row in rows))
        except WarehouseRefused as error:
            if not is_about_data(error):
                raise
            return str(error)
        return ""

    return reason_against


def _find_refused(rows: Sequence[_Row], reason_against: _Trial, refused: dict[_Row, str]) -> None:
    if not rows:
        return
    reason = reason_against(rows)
    if not reason:
        return
    if len(rows) > 1:
        middle = len(rows) // 2
        _find_refused(rows[:middle], reason_against, refused)
        _find_refused(rows[middle:], reason_against, refused)
        return
    refused[rows[0]] = reason
    if len(refused) > MOST_REFUSED:
        raise WarehouseRefused(f"more than {MOST_REFUSED:,} rows of one batch are refused, as in: {reason}")


def _rejection(row: _Row, reason: str) -> bytes:
    sequence = _sequence(row.line)
    said: dict[str, Any] = {} if sequence is None else msgspec.json.decode(row.line)
    rejected = RejectedEvent(
        received_at=_time(said.get("received_at")) or row.segment.sealed_at,
        collector_id=row.segment.collector_id,
        sequence=_sequence_nobody_has(row) if sequence is None else sequence,
        org_id=str(said.get("org_id", "")),
        site_id=str(said.get("site_id", "")),
        code=CODE,
        reason=reason,
        source=str(said.get("source", "api")),
        body=row.line[:REJECTED_BODY_BYTES].decode(errors="replace").rstrip("\n"),
    )
    return msgspec.json.encode(rejected) + b"\n"


def _sequence_nobody_has(row: _Row) -> int:
    """The receipt of a line that cannot be read: the one of its frame's that no line names, at the same rank."""
    named = {sequence for line in _lines(row.frame) if (sequence := _sequence(line)) is not None}
    free = [n for n in range(row.frame.first_sequence, row.frame.end_sequence) if n not in named]
    unreadable_before = sum(1 for line in _lines(row.frame)[: row.place] if _sequence(line) is None)
    return free[unreadable_before]


def _sequence(line: bytes) -> int | None:
    try:
        return msgspec.json.decode(line, type=_Receipt).sequence
    except msgspec.DecodeError:
        return None


def _lines(frame: Frame) -> list[bytes]:
    return [line + b"\n" for line in (frame.event_lines + frame.rejected_lines).split(b"\n")[:-1]]


def _time(text: object) -> datetime | None:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None


def _rewritten(part: Part, lines: Sequence[bytes]) -> Part:
    return write_rows(part.path.parent, part.table, lines)
