"""chDB: connections to the data directory and what can be done with one."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headwater.warehouse.embedded.error import QueryError


@dataclass(slots=True)
class Progress:
    """What a statement has read and written so far, in rows and bytes, and the seconds it ran."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0


def quote(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(name: str) -> str:
    """A quoted identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


class Connection:
    """One connection: a database, settings and temporary tables of its own. One thread at a time."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.progress = Progress()

    def close(self) -> None:
        self._handle.close()

    def apply(self, settings: Mapping[str, str]) -> None:
        """SET. Raises QueryError for an unknown setting or a bad value."""
        if settings:
            self.run("SET " + ", ".join(f"{quote_name(name)} = {quote(value)}" for name, value in settings.items()))

    def restore(self, names: Iterable[str], defaults: Mapping[str, str]) -> None:
        """Give settings back the values a fresh connection has: those in ``defaults``, or ClickHouse's own."""
        values = (f"{quote_name(name)} = {quote(defaults[name]) if name in defaults else 'DEFAULT'}" for name in names)
        with suppress(QueryError):
            self.run("SET log_queries = 0")
            self.run("SET " + ", ".join(values))

    def use(self, database: str) -> None:
        """USE. Raises QueryError when there is no such database."""
        self.run(f"USE {quote_name(database)}")

    def run(
        self, sql: str | bytes, output_format: str = "TabSeparated", params: Mapping[str, str] | None = None
    ) -> bytes:
        """Run one statement to its end and return its whole result. Raises QueryError."""
        try:
            result = self._handle.query(sql, output_format, params=dict(params or {}))
        except (RuntimeError, ValueError) as error:
            raise QueryError.from_engine(error) from None
        self._count(result)
        return bytes(result.bytes())

    def stream(self, sql: str | bytes, output_format: str, params: Mapping[str, str]) -> Iterator[bytes]:
        """Run one SELECT and yield its result, a block at a time. Raises QueryError."""
        try:
            stream = self._handle.send_query(sql, output_format, params=dict(params))
        except (RuntimeError, ValueError) as error:
            raise QueryError.from_engine(error) from None
        done = False
        try:
            while True:
                try:
                    result = self._handle.streaming_fetch_result(stream)
                except (RuntimeError, ValueError) as error:
                    done = True
                    raise QueryError.from_engine(error) from None
                self._count(result)
                size = result.size()
                if size:
                    self.progress.result_rows += result.rows_read()
                    self.progress.result_bytes += size
                    yield bytes(result.bytes())
                if not result.rows_read():
                    done = True
                    return
        finally:
            if not done:
                self._handle.streaming_cancel_query(stream)

    def insert(self, sql: str | bytes, input_format: str) -> "Insertion":
        """Begin an INSERT whose rows follow. Raises QueryError."""
        try:
            return Insertion(self, self._handle, self._handle.send_insert(sql, input_format))
        except (RuntimeError, ValueError) as error:
            raise QueryError.from_engine(error) from None

    def _count(self, result: Any) -> None:
        self.progress.read_rows += result.storage_rows_read()
        self.progress.read_bytes += result.storage_bytes_read()
        self.progress.written_rows += result.rows_written()
        self.progress.written_bytes += result.bytes_written()


class Insertion:
    """Rows on their way into a table."""

    def __init__(self, connection: Connection, handle: Any, result: Any) -> None:
        self._connection, self._handle, self._result = connection, handle, result

    def append(self, data: bytes) -> None:
        """Hand over encoded rows; the engine parses them as they come. Raises QueryError."""
        try:
            self._handle.insert_append(self._result, data)
        except (RuntimeError, ValueError) as error:
            raise QueryError.from_engine(error) from None

    def finish(self) -> None:
        """Commit. Raises QueryError."""
        try:
            result = self._handle.insert_done(self._result)
        except (RuntimeError, ValueError) as error:
            raise QueryError.from_engine(error) from None
        progress = self._connection.progress
        progress.written_rows += result.rows_written()
        progress.written_bytes += result.bytes_written()
        progress.read_rows += result.rows_written()
        progress.read_bytes += result.bytes_written()
        progress.result_rows += result.rows_written()
        progress.result_bytes += result.bytes_written()

    def cancel(self) -> None:
        """Drop the rows that no block took yet."""
        self._handle.insert_cancel(self._result)


class Engine:
    """The data directory. One per process."""

    def __init__(self, directory: Path, config: Path) -> None:
        from chdb import _chdb

        self._open = _chdb.connect
        # Unlike a server, chDB takes an expression for a statement; and our own SET and USE needn't be logged.
        self._address = f"{directory}?config-file={config}&implicit_select=0&log_queries=0"
        self._keeper = self._open(self._address)
        self._lock = threading.Lock()
        self.version = self.value("SELECT version()")
        self.timezone = self.value("SELECT timezone()")
        self.name = self.value("SELECT hostName()")
        changed = self.value("SELECT name, value FROM system.settings WHERE changed FORMAT TabSeparatedRaw")
        self.defaults = dict(line.split("\t", 1) for line in changed.split("\n"))

    def connect(self) -> Connection:
        """A connection with nothing set. It costs 0.1 ms."""
        return Connection(self._open(self._address))

    def value(self, sql: str) -> str:
        """The only value of a SELECT, as text."""
        with self._lock:
            return str(self._keeper.query(sql, "TabSeparatedRaw").bytes().decode()).removesuffix("\n")

    def kill(self, tag: str) -> None:
        """Ask the engine to stop the statement with this tag. Returns at once."""
        self.value(f"KILL QUERY WHERE Settings['{TAG_SETTING}'] = {quote(tag)} ASYNC")

    def close(self) -> None:
        self._keeper.close()


# The engine picks query ids itself. This setting travels with a statement into system.processes and system.query_log
# and does nothing here, because chDB has no query cache: it carries the client's query id.
TAG_SETTING = "query_cache_tag"
