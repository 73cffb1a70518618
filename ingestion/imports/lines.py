"""Lines of a file that may be gzipped, or of standard input, read with bounded memory."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from ingestion.imports.errors import FileMissing, FileUnreadable

LINE_BYTES = 64 * 1024
"""The longest line that is kept whole. Of a longer one a little more than that is given, the rest dropped."""

STDIN = "-"
_GZIP = b"\x1f\x8b"
_BUFFER_BYTES = 256 * 1024


class LineReader:
    """Iterates over lines without their ends, and tells how far it is."""

    def __init__(self, stream: "io.BufferedReader[Any]", position: Callable[[], int], size: int | None) -> None:
        self._stream = stream
        self._position = position
        self.size = size
        """Bytes of the file as it lies on disk; None for standard input."""
        self.has_unfinished_line = False
        """Whether the file ended, when it was read, without the end of its last line. That line is not given."""

    @property
    def position(self) -> int:
        """Bytes of the file, as it lies on disk, that have been read."""
        return self._position()

    def __iter__(self) -> Iterator[bytes]:
        """Raises FileUnreadable when the file is damaged."""
        try:
            while line := self._stream.readline(LINE_BYTES + 2):
                if not line.endswith(b"\n") and not self._skip_rest():
                    # Half a line of a log that is being written: counted now, it would count again when it is whole.
                    self.has_unfinished_line = True
                    return
                yield line.rstrip(b"\r\n")
        except (OSError, EOFError, zlib.error) as error:
            raise FileUnreadable(f"the file is damaged or cannot be read to its end: {error}") from error

    def _skip_rest(self) -> bool:
        """Go to the next line; return whether this one had an end."""
        while part := self._stream.readline(LINE_BYTES):
            if part.endswith(b"\n"):
                return True
        return False


@contextmanager
def open_lines(path: Path | str) -> Iterator[LineReader]:
    """Open a file, plain or gzipped whatever its name, or standard input for ``-``.

    Raises FileMissing, FileUnreadable.
    """
    if str(path) == STDIN:
        stdin = sys.stdin.buffer
        source = stdin if isinstance(stdin, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stdin))
        yield LineReader(_decompressed(source), lambda: 0, None)
        return
    try:
        file = io.BufferedReader(io.FileIO(path), _BUFFER_BYTES)
    except FileNotFoundError as error:
        raise FileMissing(f"there is no file {path}") from error
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}") from error
    with file:
        yield LineReader(_decompressed(file), file.tell, Path(path).stat().st_size)


def _decompressed(source: "io.BufferedReader[Any]") -> "io.BufferedReader[Any]":
    if source.peek(2)[:2] != _GZIP:
        return source
    return io.BufferedReader(gzip.GzipFile(fileobj=source), _BUFFER_BYTES)
