"""A log file that is begun anew when it has grown, with some older ones kept beside it."""

from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from headwater.settings import LogSettings


class RotatingLog:
    """Lines of one process. ``name.log.1`` is the newest of the older files. For one thread."""

    def __init__(self, path: Path, settings: LogSettings) -> None:
        self._path, self._settings = path, settings
        self._file: TextIOWrapper | None = None

    def write(self, line: str) -> None:
        """Append a line, end included. Raises OSError; the next line is tried again."""
        try:
            file = self._file = self._file or self._path.open("a", encoding="utf-8", errors="replace")
            file.write(line)
            file.flush()
            if file.tell() >= self._settings.max_bytes:
                self.close()
                self._rotate()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """May be called twice."""
        file, self._file = self._file, None
        if file is not None:
            # What a full disk did not take is still in its buffer, and closing tries once more.
            with suppress(OSError):
                file.close()

    def _rotate(self) -> None:
        kept = self._settings.kept
        if not kept:
            self._path.unlink(missing_ok=True)
            return
        for number in range(kept, 0, -1):
            newer = self._older(number - 1) if number > 1 else self._path
            with suppress(FileNotFoundError):
                newer.replace(self._older(number))

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
