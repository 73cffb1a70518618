"""Which lines of a log were landed already, so that a log that has grown is imported from where it ended.

The ids of the events alone would keep a second import from counting twice; the record also keeps it from landing the
same lines, and above all the same refused lines, which have no id, again.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec


class Extent(msgspec.Struct, frozen=True):
    """Some lines that were landed together, and the digest of the log through the last of them."""

    lines: int
    digest: str


class ImportRecord:
    """The extents of one log, in order: an NDJSON file, synced line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.extents: list[Extent] = []
        if path.exists():
            self._load()

    def add(self, extent: Extent) -> None:
        """Note an extent. Returns when the note is durable."""
        self.extents.append(extent)
        self._write(msgspec.json.encode(extent) + b"\n", os.O_APPEND)

    def cut(self, count: int) -> None:
        """Keep the first ``count`` extents: the log is another one from there on."""
        self.extents = self.extents[:count]
        self._write(b"".join(msgspec.json.encode(extent) + b"\n" for extent in self.extents), os.O_TRUNC)

    def _load(self) -> None:
        decode = msgspec.json.Decoder(Extent).decode
        *lines, tail = self._path.read_bytes().split(b"\n")
        with suppress(msgspec.DecodeError):
            for line in lines:
                self.extents.append(decode(line))
        # A crash can tear the last note: its extent is then landed again, which its ids make harmless.
        if tail or len(self.extents) < len(lines):
            self.cut(len(self.extents))

    def _write(self, content: bytes, flag: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | flag, 0o644)
        try:
            os.write(file, content)
            os.fdatasync(file)
        finally:
            os.close(file)
