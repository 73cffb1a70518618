"""The directory of one collector: its identity, its lock, and the renames that survive a power cut."""

import fcntl
import json
import os
import secrets
from pathlib import Path

from headwater.landing.errors import LandingLocked


def sync_directory(path: Path) -> None:
    """Make the directory's entries durable. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(path: Path) -> None:
    """Create the directory and those above it, durably. Raises OSError."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    sync_directory(path.parent)


def move_durably(source: Path, target: Path) -> None:
    """Rename within one file system; when this returns, the new name survives a power cut. Raises OSError."""
    source.rename(target)
    sync_directory(target.parent)
    sync_directory(source.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file's content at once: a reader and a crash see the old or the new. Raises OSError."""
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        remaining = memoryview(content)
        while remaining:
            remaining = remaining[os.write(handle, remaining) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    move_durably(beside, path)


class DirectoryLock:
    """One writer for a directory. Held until `release` or the end of the process, however that comes."""

    def __init__(self, directory: Path) -> None:
        """Raises LandingLocked when another holds it."""
        self._handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._handle, 20)
            os.close(self._handle)
            raise LandingLocked(directory, int(owner or b"0")) from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._handle)


def read_collector_id(directory: Path) -> str:
    """The id made when the directory was. Raises FileNotFoundError when it has none."""
    collector_id: str = json.loads((directory / "collector.json").read_bytes())["collector_id"]
    return collector_id


class Identity:
    """Who this collector is, and which sequences are spent, in ``collector.json``.

    Sequences are taken in blocks: the file names the end of the block in use, so a sequence is never given twice, even
    when every segment has been pruned and the process was killed. A directory that was wiped gets another id.
    """

    BLOCK = 1 << 20

    def __init__(self, directory: Path) -> None:
        """Read the file, or make it. Raises OSError."""
        self._path = directory / "collector.json"
        try:
            stored = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            stored = {"collector_id": f"{directory.name}-{secrets.token_hex(4)}", "next_sequence": 1}
            write_durably(self._path, json.dumps(stored).encode())
        self.collector_id: str = stored["collector_id"]
        self.next_sequence: int = stored["next_sequence"]
        self._block_end = self.next_sequence

    def spend_to(self, end_sequence: int) -> None:
        """Make sure that no later process gives a sequence below ``end_sequence``. Raises OSError."""
        if end_sequence > self._block_end:
            self._store(end_sequence + self.BLOCK)

    def give_back(self, next_sequence: int) -> None:
        """Note where to go on, when the process ends in order. Raises OSError."""
        self._store(next_sequence)

    def _store(self, block_end: int) -> None:
        stored = {"collector_id": self.collector_id, "next_sequence": block_end}
        write_durably(self._path, json.dumps(stored).encode())
        self._block_end = block_end
