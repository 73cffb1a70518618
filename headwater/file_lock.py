"""A lock between processes that ends with the process that holds it."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_SECONDS = 0.05


class LockBusy(Exception):
    """Another process holds the lock and did not let go in time. ``pid`` is that process."""

    def __init__(self, what: str, pid: int, waited: float) -> None:
        super().__init__(f"process {pid} has been {what} for more than {waited:g} s; try again when it is done")
        self.pid = pid


@contextmanager
def file_lock(
    path: Path, what: str, wait_seconds: float, *, pause: Callable[[float], object] = time.sleep
) -> Iterator[None]:
    """Hold the lock ``path``, whose directory is made if absent. ``what`` says what its holder does, as in "building".

    Raises LockBusy when another process still holds it after ``wait_seconds``, or as soon as ``pause``, which is called
    with the seconds between two looks, returns something true: `threading.Event.wait` makes a wait that can be ended.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        began = time.monotonic()
        while not _acquire(handle):
            waited = time.monotonic() - began
            if waited >= wait_seconds or pause(_LOOK_SECONDS):
                raise LockBusy(what, int(os.pread(handle, 20, 0) or b"0"), wait_seconds)
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
