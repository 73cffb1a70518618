"""The locks of loads: one of a kind at a time, whether a resident process, Dagster or a command runs it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from headwater.file_lock import file_lock
from headwater.settings import HomeSettings


def load_lock(
    home: HomeSettings,
    wait_seconds: float,
    name: str = "load",
    *,
    pause: Callable[[float], object] = time.sleep,
) -> AbstractContextManager[None]:
    """The lock ``<home>/dlt/<name>.lock``, taken on entering. Raises LockBusy then, as `file_lock` says."""
    return file_lock(home.dlt_dir / f"{name}.lock", "loading", wait_seconds, pause=pause)
