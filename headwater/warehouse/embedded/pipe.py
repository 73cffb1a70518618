"""Whole files through a pipe.

chDB formats a streamed result block by block, so JSON or Parquet would begin anew with every block; and it has no
stream for INSERT … SELECT … FROM input(). A pipe gives both: the engine writes or reads one file, in its own pace.
"""

import fcntl
import os
import threading
from collections.abc import Generator

from headwater.warehouse.embedded.engine import Connection, quote_name
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.file_table import FileTable, parse_call
from headwater.warehouse.embedded.workspace import Workspace

_CAPACITY = 1024 * 1024
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


class PipedInsertion:
    """Rows on their way through INSERT … SELECT … FROM input(…)."""

    def __init__(self, workspace: Workspace, sql: bytes, start: int, input_format: str) -> None:
        call = parse_call(sql, start)
        if call is None or len(call.arguments) != 1:
            raise QueryError.named(36, "BAD_ARGUMENTS", "input() needs the structure of its rows, as a string")
        connection = workspace.connection()
        # A pipe can be read, but not mapped into memory, which is chDB's way with files.
        connection.apply({"storage_file_read_method": "read"})
        reading, self._writing = _open_pipe()
        self._open = True
        try:
            rows = FileTable(f"/dev/fd/{reading}", input_format, call.arguments[0], "none")
            name = quote_name(workspace.create_file_table(rows)).encode()
        except QueryError:
            os.close(reading)
            self._close()
            raise
        self._statement = _Statement(connection, sql[:start] + name + sql[call.end :], {}, reading)

    def append(self, data: bytes) -> None:
        """Hand over encoded rows. Raises QueryError."""
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._writing, view) :]
        except BrokenPipeError:
            self._statement.result()
            raise QueryError.named(210, "NETWORK_ERROR", "The statement stopped reading its rows") from None

    def finish(self) -> None:
        """Commit. Raises QueryError."""
        self._close()
        self._statement.result()

    def cancel(self) -> None:
        """Stop. Rows handed over before may have been stored."""
        self._close()
        self._statement.join()

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._writing)


def _open_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, _SET_CAPACITY, _CAPACITY)
    except OSError:
        # A system that limits or lacks large pipes has small ones: slower, not wrong.
        return reading, writing
    return reading, writing
