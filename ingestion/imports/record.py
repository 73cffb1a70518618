"""Which lines of a log were landed, and with which receipts, so that an import can be repeated and change no number.

An extent is noted before it is landed and confirmed afterwards. Whatever happens between, the next import lands it with
the receipts and the time that were noted. The models count a receipt once, and a refused line has no other name.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from headwater.landing.directory import make_directory, sync_directory, write_durably
from ingestion.imports.errors import RecordUnwritable

_LANDED = "landed"


class Extent(msgspec.Struct, frozen=True):
    """Some lines that are landed together, and how: the same way each time."""

    lines: int
    digest: str
    """Of the log, through the last of these lines."""
    collector_id: str
    first_sequence: int
    """The receipt of the first line that is not blank; those of the others follow."""
    received_at: datetime


_TAIL_BYTES = 4096
"""Holds the last notes of a record, each of some 200 bytes."""

_decode = msgspec.json.Decoder(Extent | str).decode


class ImportRecord:
    """The extents of one log, in order: an NDJSON file. All but the last are landed; a line says that it is, too."""

    def __init__(self, path: Path) -> None:
        """Read the file, if there is one. Raises RecordUnwritable."""
        self._path = path
        self.extents: list[Extent] = []
        self.landed = 0
        """How many extents are landed for certain: all, or all but the last."""
        try:
            if path.exists():
                self._load()
            else:
                make_directory(path.parent)
                path.touch()
                sync_directory(path.parent)
        except OSError as error:
            raise self._failed(error) from error

    def add(self, extent: Extent) -> None:
        """Note an extent that is about to be landed. Returns when the note is durable. Raises RecordUnwritable."""
        self.landed = len(self.extents)
        self.extents.append(extent)
        self._append(extent, is_synced=True)

    def confirm(self, index: int) -> None:
        """Note that an extent is landed. Raises RecordUnwritable."""
        if index == self.landed:
            self.landed += 1
            # Lost in a crash, it costs landing the extent once more, with the same receipts.
            self._append(_LANDED, is_synced=False)

    def cut(self, count: int) -> None:
        """Keep the first ``count`` extents: the log is another one from there on. Raises RecordUnwritable."""
        self.extents, self.landed = self.extents[:count], min(self.landed, count)
        notes: list[Extent | str] = [*self.extents]
        if count and self.landed == count:
            notes.append(_LANDED)
        try:
            write_durably(self._path, b"".join(map(_line, notes)))
        except OSError as error:
            raise self._failed(error) from error

    def _load(self) -> None:
        *lines, tail = self._path.read_bytes().split(b"\n")
        for line in lines:
            try:
                note = _decode(line)
            except msgspec.DecodeError:
                tail = line
                break
            if isinstance(note, Extent):
                self.landed = len(self.extents)
                self.extents.append(note)
            else:
                self.landed = len(self.extents)
        if tail:
            # A crash tore the last note. An extent is landed after its note is whole, so this one was not.
            self.cut(len(self.extents))

    def _append(self, note: Extent | str, *, is_synced: bool) -> None:
        try:
            with self._path.open("ab") as file:
                file.write(_line(note))
                file.flush()
                if is_synced:
                    os.fdatasync(file.fileno())
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> RecordUnwritable:
        return RecordUnwritable(f"the record of what was imported cannot be kept in {self._path}: {error.strerror}")


def noted_sequences(folder: Path, collector_id: str) -> int:
    """The sequence after all that the records of a folder note for a collector.

    A sequence that is noted and not landed is one that the landing log does not know to be taken.
    """
    return max((_noted_end(path, collector_id) for path in folder.glob("*.ndjson")), default=0)


def _noted_end(path: Path, collector_id: str) -> int:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL_BYTES, 0))
        lines = file.read().split(b"\n")
    for line in reversed(lines):
        with suppress(msgspec.DecodeError):
            note = _decode(line)
            if isinstance(note, Extent) and note.collector_id == collector_id:
                return note.first_sequence + note.lines
    return 0


def _line(note: Extent | str) -> bytes:
    return msgspec.json.encode(note) + b"\n"
