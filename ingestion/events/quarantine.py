"""Poison rows: finding what ClickHouse refuses in a batch, so that the rest can be loaded and no row is lost.

Rows are tried on a twin of the table that checks like it and stores nothing, halves of halves, until each refused row
stands alone with ClickHouse's reason.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from headwater.contracts.landing import RejectedEvent
from headwater.contracts.limits import REJECTED_BODY_BYTES
from headwater.landing import Frame, Segment, read_frames
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseRefused
from ingestion.events.batch import Batch, Part
from ingestion.insert import insert

CODE = "refused_by_warehouse"

MOST_REFUSED = 1_000
"""Refused rows in one batch beyond which the rows are not to blame but the table is."""

_REFUSED_FOR_ITS_DATA = frozenset(
    {6, 25, 26, 27, 33, 34, 38, 41, 53, 69, 70, 72, 108, 117, 128, 131, 158, 190, 321, 349}
    | {376, 377, 407, 441, 467, 469, 490, 636, 675, 676}
)
"""ClickHouse's error codes that speak of the rows: what cannot be parsed, converted or stored because of its value."""


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One landed line, and where it came from."""

    line: bytes
    frame: Frame
    segment: Segment


_Trial = Callable[[Sequence[_Row]], str]
"""ClickHouse's reason against the rows, or nothing."""


def is_about_data(error: WarehouseRefused) -> bool:
    """Whether ClickHouse refused because of what is in the rows, and not because of its own state."""
    # A field the table does not have is in every row of its kind: that is a migration that was not applied.
    return error.code in _REFUSED_FOR_ITS_DATA and "Unknown field" not in str(error)


def quarantine(batch: Batch, settings: WarehouseSettings) -> tuple[Batch, int]:
    """The batch with every refused row turned into a rejected one of the same receipt; and how many those are.

    The batch's files are written anew. Raises WarehouseAway; WarehouseRefused when ClickHouse refuses for another
    reason than the rows, or so many of them that the table must be at fault; OSError when the disk is full.
    """
    events, rejected = _read_rows(batch.segments)
    refused: dict[_Row, str] = {}
    with Warehouse(settings) as warehouse:
        for rows, table in ((events, "events"), (rejected, "rejected_events")):
            with _twin(warehouse, table) as twin:
                _find_refused(rows, _trial(settings, twin), refused)
    rejections = [row.line for row in rejected if row not in refused]
    rejections += [_rejection(row, reason) for row, reason in refused.items()]
    return replace(
        batch,
        events=_rewrite(batch.events, [row.line for row in events if row not in refused]),
        rejected=_rewrite(batch.rejected, rejections),
    ), len(refused)


def _read_rows(segments: Iterable[Segment]) -> tuple[list[_Row], list[_Row]]:
    events: list[_Row] = []
    rejected: list[_Row] = []
    for segment in segments:
        for frame in read_frames(segment):
            events += [_Row(line, frame, segment) for line in frame.event_lines.splitlines(keepends=True)]
            rejected += [_Row(line, frame, segment) for line in frame.rejected_lines.splitlines(keepends=True)]
    return events, rejected


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
    try:
        said: dict[str, Any] = msgspec.json.decode(row.line)
        sequence = said["sequence"]
    except (msgspec.DecodeError, KeyError, TypeError):
        said, sequence = {}, _sequence_nobody_has(row)
    rejected = RejectedEvent(
        received_at=_time(said.get("received_at")) or row.segment.sealed_at,
        collector_id=row.segment.collector_id,
        sequence=sequence,
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
    named: set[int] = set()
    unreadable: list[bytes] = []
    for line in (row.frame.event_lines + row.frame.rejected_lines).splitlines(keepends=True):
        try:
            named.add(msgspec.json.decode(line)["sequence"])
        except (msgspec.DecodeError, KeyError, TypeError):
            unreadable.append(line)
    free = [n for n in range(row.frame.first_sequence, row.frame.end_sequence) if n not in named]
    return free[unreadable.index(row.line)]


def _time(text: object) -> datetime | None:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None


def _rewrite(part: Part, lines: Sequence[bytes]) -> Part:
    with part.path.open("wb") as file:
        file.writelines(lines)
    return replace(part, rows=len(lines))
