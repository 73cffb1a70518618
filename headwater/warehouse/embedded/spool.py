"""An answer held back until its query has ended: in memory while small, then in a file."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO

_IN_MEMORY = 4 * 1024 * 1024
_PIECE = 1024 * 1024


class Spool:
    """Pieces in order; ``last`` is the one behind them."""

    def __init__(self) -> None:
        self.last = b""
        self._file: IO[bytes] | None = None

    def add(self, piece: bytes) -> None:
        """Keep a piece. Writes to disk beyond 4 MiB."""
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed by __exit__)
        self._file.write(piece)

    def pieces(self) -> Iterator[bytes]:
        """What was added, in pieces of 1 MiB."""
        if self._file is None:
            return
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
