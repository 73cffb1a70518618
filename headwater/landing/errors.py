"""What the landing log can answer instead of taking a frame.

LandingError
├── BacklogFull         too many bytes wait for the loader; try again after `retry_after` seconds
├── LandingUnavailable  the disk is full or failing, or the log is closed; nothing of the frame was kept
├── LandingLocked       another process writes to this directory
└── DamagedSegment      a sealed segment holds a frame that is not what was written
"""

from pathlib import Path


class LandingError(Exception):
    """The landing log could not do what was asked."""


class BacklogFull(LandingError):
    """Too many bytes wait for the loader. ``retry_after`` is in whole seconds."""

    def __init__(self, unloaded_bytes: int, limit_bytes: int, retry_after: int = 5) -> None:
        super().__init__(
            f"{unloaded_bytes:,} bytes wait for the loader, {limit_bytes:,} are allowed; "
            "start the loader or raise HEADWATER_LANDING_BACKLOG_BYTES"
        )
        self.retry_after = retry_after


class LandingUnavailable(LandingError):
    """The disk is full or failing, or the log is closed. Nothing of the frame was kept; the sender may try again."""


class LandingLocked(LandingError):
    """Another process writes to this directory. ``pid`` is that process, or 0 when it cannot be told."""

    def __init__(self, directory: Path, pid: int) -> None:
        super().__init__(f"process {pid} already writes to {directory}; stop it or use another collector name")
        self.pid = pid


class DamagedSegment(LandingError):
    """A sealed segment holds a frame that is not what was written."""

    def __init__(self, path: Path, offset: int, what: str) -> None:
        super().__init__(f"{path} is damaged at byte {offset}: {what}")
        self.path, self.offset = path, offset
