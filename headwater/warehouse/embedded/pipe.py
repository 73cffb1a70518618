"""Whole files through a pipe.

chDB formats a streamed result block by block, so JSON or Parquet would begin anew with every block; and a streamed
insert hides its failures. A pipe gives both: the engine writes or reads one file, in its own pace.
"""

import fcntl
import os
import struct
import threading
from collections.abc import Generator, Mapping

from headwater.warehouse.embedded.engine import Connection, quote_name
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.file_table import FileTable, parse_call
from headwater.warehouse.embedded.statement import Insert
from headwater.warehouse.embedded.workspace import Workspace

_CAPACITY = 1024 * 1024
# An LZ4 frame of blocks of at most 4 MiB, none of which is compressed; its end; and the head of a block that can't be.
_FRAME = b"\x04\x22\x4d\x18\x60\x70\x73"
_LARGEST_BLOCK = 4 * 1024 * 1024
_UNCOMPRESSED = 0x80000000
_END = b"\0\0\0\0"
_BROKEN = b"\xff\xff\xff\xff"
_SET_CAPACITY = 1031  # F_SETPIPE_SZ, which the fcntl module names only on some systems


class _Statement(threading.Thread):
    """A statement that runs while its file is read or written; afterwards ``closed_after`` is closed."""

    def __init__(self, connection: Connection, sql: bytes, params: dict[str, str], closed_after: int) -> None:
        super().__init__(name="pipe", daemon=True)
        self._connection, self._sql, self._params, self._closed_after = connection, sql, params, closed_after
        self.error: QueryError | None = None
        self.start()

    def run(self) -> None:
        try:
            self._connection.run(self._sql, params=self._params)
        except QueryError as error:
            self.error = error
        finally:
            os.close(self._closed_after)

    def result(self) -> None:
        """Wait for the end. Raises QueryError."""
        self.join()
        if self.error:
            raise self.error


def read_result(
    connection: Connection, head: bytes, result_format: str, tail: bytes, params: dict[str, str]
) -> Generator[bytes, None, None]:
    """Run a SELECT and yield its result as one file in a format, in pieces. Raises QueryError."""
    reading, writing = _open_pipe()
    outfile = f"\nINTO OUTFILE '/dev/fd/{writing}' APPEND FORMAT {result_format} ".encode()
    statement = _Statement(connection, head + outfile + tail, params, writing)
    try:
        while piece := os.read(reading, _CAPACITY):
            yield piece
        statement.result()
    finally:
        os.close(reading)
        statement.join()


class Insertion:
    """Rows on their way into a table, as a file in frames of LZ4.

    chDB's own streamed insert loses whatever fails behind the parser: on a full disk, or against a constraint, it
    reports rows as written that are not there. A statement that reads a file does not. Frames, because the end of a
    pipe looks the same whether the rows are complete or their client has gone: only whole frames are committed.
    """

    def __init__(self, workspace: Workspace, insert: Insert, input_format: str, params: Mapping[str, str]) -> None:
        connection = workspace.connection()
        self._progress = connection.progress
        reading, self._writing = _open_pipe()
        self._open = True
        path = f"/dev/fd/{reading}"
        try:
            sql = _from_file(workspace, insert, path, input_format)
        except QueryError:
            os.close(reading)
            self._close()
            raise
        self._path = path
        self._statement = _Statement(connection, sql, dict(params), reading)
        self._head = _FRAME

    def append(self, data: bytes) -> None:
        """Hand over encoded rows. Raises QueryError."""
        for start in range(0, len(data), _LARGEST_BLOCK):
            block = memoryview(data)[start : start + _LARGEST_BLOCK]
            self._write(struct.pack("<I", len(block) | _UNCOMPRESSED), block)

    def finish(self) -> None:
        """Commit. Raises QueryError."""
        self._write(_END)
        self._close()
        try:
            self._statement.result()
        except QueryError as error:
            raise self._reworded(error) from None
        progress = self._progress
        progress.read_rows = progress.result_rows = progress.written_rows
        progress.read_bytes = progress.result_bytes = progress.written_bytes

    def cancel(self) -> None:
        """Drop the rows that no block took yet."""
        try:
            if self._open:
                self._write(_BROKEN)
        except QueryError:
            # It has failed by itself already.
            return
        finally:
            self._close()
            self._statement.join()

    def _write(self, *parts: bytes | memoryview) -> None:
        head, self._head = self._head, b""
        views = [memoryview(part) for part in (head, *parts) if part]
        try:
            while views:
                written = os.writev(self._writing, views)
                while views and written >= len(views[0]):
                    written -= len(views.pop(0))
                if views:
                    views[0] = views[0][written:]
        except BrokenPipeError:
            self._close()
            try:
                self._statement.result()
            except QueryError as error:
                raise self._reworded(error) from None
            raise QueryError.named(210, "NETWORK_ERROR", "The statement stopped reading its rows") from None

    def _reworded(self, error: QueryError) -> QueryError:
        """The error without the path of the pipe, which tells a client nothing."""
        text = (
            str(error).replace(f": (in file/uri {self._path})", "").replace(f": While reading from: {self._path}", "")
        )
        return QueryError(error.code, text)

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._writing)


def _from_file(workspace: Workspace, insert: Insert, path: str, input_format: str) -> bytes:
    if insert.input is None:
        head, settings = insert.sql[: insert.settings], insert.sql[insert.settings :]
        infile = f"\nFROM INFILE '{path}' COMPRESSION 'lz4' ".encode()
        return head + infile + settings + f"\nFORMAT {input_format}".encode()
    call = parse_call(insert.sql, insert.input)
    if call is None or len(call.arguments) != 1:
        raise QueryError.named(36, "BAD_ARGUMENTS", "input() needs the structure of its rows, as a string")
    name = workspace.create_file_table(FileTable(path, input_format, call.arguments[0], "lz4"))
    return insert.sql[: insert.input] + quote_name(name).encode() + insert.sql[call.end :]


def _open_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, _SET_CAPACITY, _CAPACITY)
    except OSError:
        # A system that limits or lacks large pipes has small ones: slower, not wrong.
        return reading, writing
    return reading, writing
