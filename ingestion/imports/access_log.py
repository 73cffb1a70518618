"""Importing an access log: its lines through the intake into a landing log of their own.

The log is read in extents of some lines. Each is noted in the log's record, then landed in a segment of its own, so an
import that was broken off goes on where it ended, and a log that has grown adds its new lines only. What is landed a
second time is landed as it was the first time, receipts and all, and changes no number. Memory holds one extent.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from headwater.contracts.wire import WireEvent
from headwater.control import UnknownSite, control_errors, find_site, open_control, visitor_key
from headwater.intake import Intake, Receipt, Rejection, Sender, open_places, visitor_hash
from headwater.landing import BacklogFull, Frame, LandingLog, sealed_segments
from headwater.settings import ControlSettings, EnrichmentSettings, HomeSettings, LandingSettings
from ingestion.imports.combined import LineRefused, parse_line
from ingestion.imports.errors import NotAnAccessLog
from ingestion.imports.identity import LogIdentity
from ingestion.imports.lines import LINE_BYTES, STDIN, LineReader, open_lines
from ingestion.imports.record import Extent, ImportRecord, noted_sequences
from ingestion.imports.request import build_event
from ingestion.imports.rules import check_event

COLLECTOR = "import"
EXTENT_LINES = 1000
"""Lines landed together, and the most of a grown log's end that is read again line by line."""

TRIAL_LINES = 100
"""When this many lines from the start are all refused, the file is no access log."""

_BACKLOG_TRIES = 120
_BACKLOG_PAUSE_SECONDS = 1.0

Progress = Callable[[int, int | None], None]
"""Called with the bytes read of the file as it lies on disk, and its size; None for standard input."""


@dataclass(slots=True)
class ImportReport:
    """What became of a log's lines."""

    accepted: int = 0
    """Lines landed as events. One that was landed before by other means counts once in the models."""
    rejected: int = 0
    """Lines landed as rejected events, with line number and reason."""
    known: int = 0
    """Lines that an earlier import landed: left out."""
    blank: int = 0
    """New lines with nothing on them."""
    unfinished: int = 0
    """One when the last line has no end: left for the next import, which finds it whole."""

    @property
    def lines(self) -> int:
        """Lines of the file."""
        return self.accepted + self.rejected + self.known + self.blank + self.unfinished


def import_access_log(
    path: Path | str,
    site_id: str,
    *,
    home: HomeSettings,
    landing: LandingSettings,
    control: ControlSettings,
    enrichment: EnrichmentSettings,
    again: bool = False,
    progress: Progress | None = None,
    on_backlog: Callable[[], object] | None = None,
) -> ImportReport:
    """Land the lines of an access log that were not landed before; the loader does the rest.

    ``path`` is a plain or gzipped file in the combined format, or ``-`` for standard input. ``again`` lands every line,
    as after the warehouse was emptied; what is still there counts once. ``on_backlog`` makes room when too many bytes
    wait for the loader, as `load_once` does.

    Raises FileMissing, FileUnreadable, NotAnAccessLog, UnknownSite, and what the control database and the landing log
    raise: LandingLocked while another import runs, BacklogFull without ``on_backlog``. What was landed stays; the next
    import goes on behind it.
    """
    with open_lines(path) as reader:
        with control_errors(), open_control(control.database_url(home))() as session:
            site = find_site(session, site_id)
            if site is None:
                raise UnknownSite(f"there is no site {site_id!r}")
            org_id, hosts, key = site.org_id, list(site.hosts), visitor_key(session)
        # Every frame a segment: landed again, an extent is the same segment, and its figures are the same.
        log = LandingLog(home.landing_dir, landing.model_copy(update={"seal_bytes": 1}), COLLECTOR)
        try:
            importer = AccessLogImport(
                org_id=org_id,
                site_id=site_id,
                hosts=hosts,
                origin="stdin" if str(path) == STDIN else Path(path).name,
                intake=Intake(open_places(enrichment), key),
                visitor_key=key,
                log=log,
                landing_dir=home.landing_dir,
                records_dir=home.imports_dir,
                on_backlog=on_backlog,
            )
            return importer.run(reader, again=again, progress=progress)
        finally:
            log.close()


class AccessLogImport:
    """One log's way into a landing log."""

    def __init__(
        self,
        *,
        org_id: str,
        site_id: str,
        hosts: list[str],
        origin: str,
        intake: Intake,
        visitor_key: bytes,
        log: LandingLog,
        landing_dir: Path,
        records_dir: Path,
        on_backlog: Callable[[], object] | None = None,
    ) -> None:
        """``origin`` names the file in rejected events. The first of ``hosts`` completes the addresses of pages."""
        self._org_id, self._site_id, self._hosts, self._origin = org_id, site_id, hosts, origin
        self._intake, self._visitor_key = intake, visitor_key
        self._log, self._landing_dir = log, landing_dir
        self._records_dir, self._on_backlog = records_dir, on_backlog

    def run(self, reader: LineReader, *, again: bool = False, progress: Progress | None = None) -> ImportReport:
        """Read to the end. Raises NotAnAccessLog, FileUnreadable, RecordUnwritable, and what the landing log raises."""
        report = ImportReport()
        lines = iter(reader)
        first = next(lines, None)
        if first is not None:
            self._land_lines(first, lines, again, report, lambda: progress and progress(reader.position, reader.size))
        report.unfinished = int(reader.has_unfinished_line)
        return report

    def _land_lines(
        self, first: bytes, rest: Iterator[bytes], again: bool, report: ImportReport, tell: Callable[[], object]
    ) -> None:
        identity = LogIdentity(self._site_id, first)
        record = ImportRecord(self._records_dir / f"{self._site_id}-{identity.name}.ndjson")
        waiting = self._prepare_sequences()
        number = 1
        for index, (lines, noted) in enumerate(_read_extents(first, rest, identity, record)):
            if noted and index < record.landed and not again:
                report.known += len(lines)
            else:
                if noted and noted.collector_id != self._log.collector_id:
                    # The landing log was made anew: its receipts are others.
                    record.cut(index)
                    noted = None
                received_at = noted.received_at if noted else _now()
                entries = self._read_lines(lines, number, identity, received_at)
                receipt = self._accept(entries, received_at, noted)
                first_sequence = receipt.frame.first_sequence
                if noted is None:
                    collector_id = self._log.collector_id
                    record.add(Extent(len(lines), identity.digest, collector_id, first_sequence, received_at))
                # One that waits already is left as it is: the loader may be reading it.
                if first_sequence not in waiting:
                    self._append(receipt.frame)
                record.confirm(index)
                report.accepted += receipt.accepted
                report.rejected += len(receipt.rejected)
                report.blank += len(lines) - len(entries)
            number += len(lines)
            tell()

    def _prepare_sequences(self) -> set[int]:
        """Take none that another record has noted; return the first ones of segments that the loader has not taken."""
        missing = noted_sequences(self._records_dir, self._log.collector_id) - self._log.reserve(0)
        if missing > 0:
            self._log.reserve(missing)
        segments = sealed_segments(self._landing_dir)
        return {one.first_sequence for one in segments if one.collector_id == self._log.collector_id}

    def _read_lines(
        self, lines: list[bytes], number: int, identity: LogIdentity, received_at: datetime
    ) -> list[WireEvent | Rejection]:
        """What the lines that are not blank say. Raises NotAnAccessLog."""
        entries = [
            self._read_line(line, line_number, identity, received_at)
            for line_number, line in enumerate(lines, start=number)
            if line.strip()
        ]
        trial = entries[:TRIAL_LINES]
        if number == 1 and trial and all(isinstance(entry, Rejection) for entry in trial):
            raise NotAnAccessLog(
                f"{self._origin} is no access log: of its first {len(trial)} lines none is in the combined log format"
            )
        return entries

    def _accept(self, entries: list[WireEvent | Rejection], received_at: datetime, noted: Extent | None) -> Receipt:
        sender = Sender(
            org_id=self._org_id,
            site_id=self._site_id,
            source="import",
            ip="",
            user_agent="",
            hosts=frozenset(self._hosts),
            received_at=received_at,
        )
        reserve = (lambda _: noted.first_sequence) if noted else self._log.reserve
        return self._intake.accept_events(entries, sender, self._log.collector_id, reserve)

    def _read_line(
        self, line: bytes, number: int, identity: LogIdentity, received_at: datetime
    ) -> WireEvent | Rejection:
        text = line.decode("utf-8", "replace")
        try:
            if len(line) > LINE_BYTES:
                raise LineRefused("line_too_long", f"the line is longer than {LINE_BYTES:,} bytes")
            parsed = parse_line(text)
            visitor_id = visitor_hash(self._visitor_key, self._site_id, parsed.address, parsed.user_agent)
            host = self._hosts[0] if self._hosts else ""
            event = build_event(parsed, identity.event_id(number, line), visitor_id, host)
            check_event(event, received_at)
        except LineRefused as refused:
            return Rejection(number, refused.code, refused.reason, refused.field, _without_client(text), self._origin)
        return event

    def _append(self, frame: Frame) -> None:
        for _ in range(_BACKLOG_TRIES):
            try:
                self._log.append_now(frame)
                return
            except BacklogFull:
                if self._on_backlog is None:
                    raise
                self._on_backlog()
                # The log looks about once a second what the loader has taken away.
                time.sleep(_BACKLOG_PAUSE_SECONDS)
        self._log.append_now(frame)


def _read_extents(
    first: bytes, rest: Iterator[bytes], identity: LogIdentity, record: ImportRecord
) -> Iterator[tuple[list[bytes], Extent | None]]:
    """The log's lines in extents, each with its note where the record has one that fits."""
    pending, index = [first], 0
    while True:
        noted = record.extents[index] if index < len(record.extents) else None
        extent = pending + list(islice(rest, (noted.lines if noted else EXTENT_LINES) - len(pending)))
        pending = []
        if not extent:
            return
        identity.read(extent)
        if noted and (len(extent), identity.digest) != (noted.lines, noted.digest):
            record.cut(index)
            noted = None
        yield extent, noted
        index += 1


def _without_client(line: str) -> str:
    """The line without its first word, which may be a host name and so no address that can be told from other words."""
    word, blank, rest = line.partition(" ")
    return f"-{blank}{rest}" if blank else word


def _now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
