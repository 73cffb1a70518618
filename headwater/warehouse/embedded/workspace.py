"""The connection a request runs on: one of its own, or its session's. Every method blocks."""

import json

from headwater.warehouse.embedded.confinement import check
from headwater.warehouse.embedded.engine import Connection, Engine, Progress, Report, quote, quote_name
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.file_table import FileTable, replace_files
from headwater.warehouse.embedded.native_block import Column
from headwater.warehouse.embedded.query_id import TAG_SETTING
from headwater.warehouse.embedded.request import Request
from headwater.warehouse.embedded.session import Session
from headwater.warehouse.embedded.statement import Query

# They become headers, of which Python's own client, for one, takes a hundred.
_MOST_REPORTS = 64


class Workspace:
    """Set up when first used, with the request's settings and database; ``leave`` undoes what was for it alone."""

    def __init__(self, engine: Engine, request: Request, session: Session | None) -> None:
        self._engine, self._request, self._session = engine, request, session
        self._connection: Connection | None = None
        self._tables: list[str] = []
        self.progress = Progress()
        self.reports: list[Report] = []

    @property
    def timezone(self) -> str:
        """The time zone in force."""
        inherited = self._session.timezone if self._session else self._engine.timezone
        return self._request.settings.get("session_timezone") or inherited

    def is_set(self, name: str) -> bool:
        """Whether the request or its session sets a setting."""
        return name in self._request.settings or (self._session is not None and name in self._session.settings)

    def connection(self) -> Connection:
        """The connection, prepared. Raises QueryError for a bad setting or an unknown database."""
        if self._connection is None:
            connection = self._session.connection if self._session else self._engine.connect()
            self._connection = connection
            connection.progress = self.progress
            connection.apply({"log_queries": "1", TAG_SETTING: self._request.query_id} | self._request.settings)
            if self._request.database:
                connection.use(self._request.database)
            if self._request.flag("send_progress_in_http_headers"):
                connection.report_to(self._take_report)
        return self._connection

    def _take_report(self, report: Report) -> None:
        self.reports.append(report)
        if len(self.reports) > _MOST_REPORTS:
            del self.reports[::2]

    def apply(self, name: str, value: str) -> None:
        """A setting that came late. Raises QueryError."""
        self.connection().apply({name: value})

    def create_table(self, name: str, structure: str) -> None:
        """A table for this request. Raises QueryError."""
        self._create(name, structure, "Memory")

    def create_file_table(self, file: FileTable) -> str:
        """A table for this request over a file; its name. Raises QueryError."""
        name = f"file {len(self._tables)} of {self._request.query_id}"
        arguments = ", ".join(quote(text) for text in (file.format, file.path, file.compression))
        self._create(name, "" if file.structure == "auto" else file.structure, f"File({arguments})")
        return name

    def _create(self, name: str, structure: str, engine: str) -> None:
        columns = f"({structure}\n)" if structure else ""
        # The structure is the client's text.
        check(f"CREATE TABLE {quote_name(name)} {columns}".encode("utf-8", "surrogateescape"))
        self.connection().run(f"CREATE TEMPORARY TABLE {quote_name(name)} {columns} ENGINE = {engine}")
        self._tables.append(name)

    def open_files(self, sql: bytes) -> bytes:
        """The statement with its file() over ``user_files`` made tables of this request. Raises QueryError."""
        return replace_files(sql, self._engine.directory / "user_files", self.create_file_table)

    def describe(self, query: Query) -> list[Column]:
        """Names and types of a result's columns; none when only a table of the session's own could tell.

        On a connection beside, because this one has its hands full.
        """
        request, session = self._request, self._session
        beside = self._engine.connect()
        try:
            beside.apply((session.settings if session else {}) | request.settings | {"log_queries": "0"})
            if database := request.database or (session.database if session else ""):
                beside.use(database)
            described = beside.run(b"DESCRIBE (" + query.head + b"\n)", "JSONCompactEachRow", request.params)
            return [(str(row[0]), str(row[1])) for row in map(json.loads, described.splitlines())]
        except QueryError:
            return []
        finally:
            beside.close()

    def leave(self, word: str) -> None:
        """Close the connection; or leave the session as its own statements, the last begun by ``word``, made it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._request.flag("send_progress_in_http_headers"):
            connection.report_to(None)
        if self._session is None:
            connection.close()
            return
        try:
            for table in self._tables:
                connection.run(f"DROP TEMPORARY TABLE IF EXISTS {quote_name(table)}")
            names = [*self._request.settings, TAG_SETTING]
            connection.restore(names, self._engine.defaults | self._session.settings)
            self._session.remember(word, self._engine.defaults)
            if self._request.database and word != "USE":
                connection.use(self._session.database)
        except QueryError:
            # Such as after readonly=1, which forbids to set anything back.
            self._session.broken = True
