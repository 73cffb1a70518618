"""The segment being written: frames appended and synced, sealed by a rename, restored after a crash."""

import errno
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from headwater.landing.directory import make_directory, sync_directory, write_durably
from headwater.landing.frame import find_frame, whole_frames_bytes
from headwater.landing.segment import SUFFIX, segment_name

_log = logging.getLogger(__name__)
_PARTS_IN_ONE_CALL = os.sysconf("SC_IOV_MAX")


class SegmentWriter:
    """Writes one segment at a time in a collector's ``open/`` and hands it over to ``sealed/``. One thread's own."""

    def __init__(self, directory: Path) -> None:
        """Cut what a crash left half-written, and seal the rest. Raises OSError."""
        self._open, self._sealed = directory / "open", directory / "sealed"
        make_directory(self._open)
        make_directory(self._sealed)
        self._path: Path | None = None
        self._handle = -1
        self._began = 0.0
        self._is_behind = False
        self._owes_sync = False
        self.size = 0
        """Bytes of whole, synced frames in the segment being written."""
        self._restore_all()

    def age(self) -> float:
        """Seconds since the first frame of the segment being written; 0 when there is none."""
        return time.monotonic() - self._began if self.size else 0.0

    def write(self, first_sequence: int, parts: Sequence[bytes]) -> None:
        """Append the parts and sync them. Raises OSError; then none of them is in the segment.

        A segment whose sync failed is sealed as it was before: what the kernel still holds of it cannot be trusted.
        """
        self._sync_moves()
        if self._path is None:
            self._create(first_sequence)
        try:
            written = _write_all(self._handle, parts)
            os.fdatasync(self._handle)
        except OSError as error:
            self._undo(is_trusted=error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
            raise
        self.size += written

    def seal(self) -> None:
        """Hand the segment over to the loader. Nothing happens when it has no frame.

        Raises OSError. A segment that could not be moved is tried again when it is as old as it was now; one that was
        is handed over, and its new name is made durable before anything else is acknowledged.
        """
        if self._path is not None:
            self._began = time.monotonic()
            if self.size:
                os.utime(self._handle)
                self._move(self._path)
            else:
                self._path.unlink()
            self._forget()
        self._sync_moves()

    def _move(self, path: Path) -> None:
        path.rename(self._sealed / path.name)
        self._owes_sync = True

    def _sync_moves(self) -> None:
        if self._owes_sync:
            sync_directory(self._sealed)
            sync_directory(self._open)
            self._owes_sync = False

    def _create(self, first_sequence: int) -> None:
        if self._is_behind:
            self._restore_all()
        path = self._open / segment_name(first_sequence)
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._path, self.size, self._began = path, 0, time.monotonic()
        try:
            sync_directory(self._open)
        except OSError:
            # A file whose name may not survive a crash must not take frames.
            self._forget()
            path.unlink()
            raise

    def _undo(self, is_trusted: bool) -> None:
        try:
            os.ftruncate(self._handle, self.size)
        except OSError:
            is_trusted = False
        if not is_trusted:
            self._forget()
            with suppress(OSError):
                self._restore_all()

    def _forget(self) -> None:
        handle = self._handle
        self._path, self._handle, self.size = None, -1, 0
        os.close(handle)

    def _restore_all(self) -> None:
        self._is_behind = True
        for left in sorted(self._open.glob(f"*{SUFFIX}")):
            self._restore(left)
        self._is_behind = False

    def _restore(self, path: Path) -> None:
        """Seal what is whole of a segment that was left behind."""
        content = path.read_bytes()
        good = whole_frames_bytes(content, path)
        if find_frame(content, good, path) >= 0:
            self._keep_damaged(path, content, good)
        if good == 0:
            path.unlink()
            sync_directory(self._open)
            return
        handle = os.open(path, os.O_WRONLY)
        try:
            if good < len(content):
                os.ftruncate(handle, good)
            os.fsync(handle)
        finally:
            os.close(handle)
        self._move(path)
        self._sync_moves()

    def _keep_damaged(self, path: Path, content: bytes, good: int) -> None:
        """A crash tears the end of a file. Whole frames behind a broken one mean that the disk lost something."""
        damaged = self._open.parent / "damaged"
        make_directory(damaged)
        copy = damaged / f"{path.stem}-from-byte-{good}{SUFFIX}"
        write_durably(copy, content[good:])
        _log.error("%s is damaged at byte %d: what follows was kept in %s and is not loaded", path, good, copy)


def _write_all(handle: int, parts: Sequence[bytes]) -> int:
    """Write every byte of the parts; return how many. A short write goes on where it stopped."""
    total = 0
    for start in range(0, len(parts), _PARTS_IN_ONE_CALL):
        some = parts[start : start + _PARTS_IN_ONE_CALL]
        wanted = sum(map(len, some))
        written = os.writev(handle, some)
        if written < wanted:
            rest = memoryview(b"".join(some))
            while written < wanted:
                written += os.write(handle, rest[written:])
        total += wanted
    return total
