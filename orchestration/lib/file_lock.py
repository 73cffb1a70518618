"""A lock between processes that ends with the process that holds it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_SECONDS = 0.1


class LockBusy(Exception):
    """Another process holds the lock and did not let go in time. ``pid`` is that process."""

    def __init__(self, what: str, pid: int, waited: float) -> None:
        super().__init__(f"process {pid} has been {what} for more than {waited:g} s; try again when it is done")
        self.pid = pid


@contextmanager
def file_lock(path: Path, what: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lock ``path``. ``what`` says what its holder does, as in "building".

    Raises LockBusy when another process still holds it after ``wait_seconds``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + wait_seconds
        while not _acquire(handle):
            if time.monotonic() >= deadline:
                raise LockBusy(what, int(os.pread(handle, 20, 0) or b"0"), wait_seconds)
            time.sleep(_LOOK_SECONDS)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
