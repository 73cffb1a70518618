"""The load lock: one load at a time, whether the resident loader or Dagster runs it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from headwater.settings import HomeSettings

_LOOK_SECONDS = 0.05


class LoadBusy(Exception):
    """Another process is loading and did not finish in time. ``pid`` is that process."""

    def __init__(self, pid: int, waited: float) -> None:
        super().__init__(f"process {pid} has been loading for more than {waited:g} s; try again when it is done")
        self.pid = pid


@contextmanager
def load_lock(home: HomeSettings, wait_seconds: float, name: str = "load") -> Iterator[None]:
    """Hold the lock ``<home>/dlt/<name>.lock``. It is free again when the process ends, however that comes.

    Raises LoadBusy when another process still holds it after ``wait_seconds``.
    """
    home.dlt_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.dlt_dir / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(handle, wait_seconds)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LoadBusy(int(os.pread(handle, 20, 0) or b"0"), wait_seconds) from None
            time.sleep(_LOOK_SECONDS)
        else:
            return
