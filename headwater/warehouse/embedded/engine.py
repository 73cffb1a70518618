"""chDB: connections to the data directory and what can be done with one."""

import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headwater.warehouse.embedded.default_database import prepare_default, settle_default
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.query_id import TAG_SETTING, VIEWS

# What chDB raises: RuntimeError for ClickHouse's errors, ValueError for a message it cannot decode.
_FAILURES = (RuntimeError, ValueError)
_UNKNOWN_DATABASE = 81


@dataclass(slots=True)
class Progress:
    """What a statement has read, written and returned so far."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0


# What chDB tells of a running statement, about ten times a second: read_rows, elapsed_ns and their like.
Report = dict[str, int]


def quote(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(name: str) -> str:
    """A quoted identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


class Connection:
    """One connection: a database, settings and temporary tables of its own. One statement at a time."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.progress = Progress()

    def close(self) -> None:
        self._handle.close()

    def report_to(self, take: Callable[[Report], None] | None) -> None:
        """Tell of every statement while it runs, from the thread that runs it; or no longer."""
        self._handle.set_progress_callback(take)

    def apply(self, settings: Mapping[str, str]) -> None:
        """SET. Raises QueryError for an unknown setting or a bad value."""
        if settings:
            self.run("SET " + ", ".join(f"{quote_name(name)} = {quote(value)}" for name, value in settings.items()))

    def restore(self, names: Iterable[str], defaults: Mapping[str, str]) -> None:
        """Give settings back what they had: their value in ``defaults``, or ClickHouse's own. Raises QueryError."""
        values = (f"{quote_name(name)} = {quote(defaults[name]) if name in defaults else 'DEFAULT'}" for name in names)
        self.run("SET log_queries = 0, " + ", ".join(values))

    def use(self, database: str) -> None:
        """USE. Raises QueryError when there is no such database."""
        self.run(f"USE {quote_name(database)}")

    def value(self, sql: str) -> str:
        """The only value of a SELECT, as text."""
        return self.run(sql, "TabSeparatedRaw").decode("utf-8", "surrogateescape").removesuffix("\n")

    def run(
        self, sql: str | bytes, result_format: str = "TabSeparated", params: Mapping[str, str] | None = None
    ) -> bytes:
        """Run one statement to its end and return its whole result. Raises QueryError."""
        try:
            result = self._handle.query(sql, result_format, params=dict(params or {}))
        except _FAILURES as error:
            raise QueryError.from_engine(error) from None
        self._count(result)
        return bytes(result.bytes())

    def stream(self, sql: str | bytes, result_format: str, params: Mapping[str, str]) -> Generator[bytes, None, None]:
        """Run one SELECT and yield its result a block at a time, each formatted on its own. Raises QueryError."""
        stream: Any = None
        try:
            stream = self._handle.send_query(sql, result_format, params=dict(params))
            while True:
                result = self._handle.streaming_fetch_result(stream)
                self._count(result)
                block, more = result.bytes(), result.rows_read() > 0
                # The engine's copy of a block must not outlive ours while the client takes its time.
                del result
                if block:
                    yield block
                del block
                if not more:
                    stream = None
                    return
        except _FAILURES as error:
            stream = None
            raise QueryError.from_engine(error) from None
        finally:
            if stream is not None:
                self._handle.streaming_cancel_query(stream)

    def _count(self, result: Any) -> None:
        progress = self.progress
        progress.read_rows += result.storage_rows_read()
        progress.read_bytes += result.storage_bytes_read()
        progress.written_rows += result.rows_written()
        progress.written_bytes += result.bytes_written()
        progress.result_rows += result.rows_read()
        progress.result_bytes += result.size()


class Engine:
    """The data directory. One per process."""

    def __init__(self, directory: Path, config: Path) -> None:
        from chdb import _chdb

        self.directory = directory
        self._open = _chdb.connect  # type: ignore[attr-defined]
        # Unlike a server, chDB takes an expression for a statement; and our own SET and USE needn't be logged.
        # A pipe can be read, but not mapped into memory, which is chDB's way with files.
        settings = "implicit_select=0&log_queries=0&storage_file_read_method=read"
        self._address = f"{directory}?config-file={config}&{settings}"
        prepare_default(directory)
        self._lock = threading.Lock()
        self._keeper = self.connect()
        for statement in (*settle_default(), *VIEWS):
            self._keeper.run(statement)
        self.version, self.timezone, self.name = self.value("SELECT version(), timezone(), hostName()").split("\t")
        changed = self.value("SELECT name, value FROM system.settings WHERE changed")
        self.defaults = dict(line.split("\t", 1) for line in changed.split("\n"))

    def connect(self) -> Connection:
        """A connection with nothing set. It costs 0.1 ms."""
        try:
            return Connection(self._open(self._address))
        except _FAILURES as error:
            if QueryError.from_engine(error).code != _UNKNOWN_DATABASE:
                raise
        # Somebody dropped the database that chDB begins every connection in.
        with self._lock:
            self._keeper.run("CREATE DATABASE IF NOT EXISTS default ENGINE = Atomic")
        return Connection(self._open(self._address))

    def value(self, sql: str) -> str:
        """The result of a SELECT, as text."""
        with self._lock:
            return self._keeper.value(sql)

    def kill(self, tag: str) -> None:
        """Ask the engine to stop the statement with this tag. Returns at once."""
        self.value(f"KILL QUERY WHERE Settings[{quote(TAG_SETTING)}] = {quote(tag)} ASYNC")

    def close(self) -> None:
        self._keeper.close()
