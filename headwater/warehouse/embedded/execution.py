"""One request from its first byte to its last."""

import asyncio
import json
from collections.abc import AsyncIterator, Generator

from headwater.warehouse.embedded.answer import Answer, Result
from headwater.warehouse.embedded.body import Body, ClientGone
from headwater.warehouse.embedded.compression import gather, open_decoder
from headwater.warehouse.embedded.engine import TAG_SETTING, Connection, Progress
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.executor import Executor
from headwater.warehouse.embedded.external import load_form
from headwater.warehouse.embedded.native import Column, adapt_blocks, split_blocks
from headwater.warehouse.embedded.pipe import PipedInsertion, read_result
from headwater.warehouse.embedded.request import Request
from headwater.warehouse.embedded.rows import Target, load_rows
from headwater.warehouse.embedded.session import DEFAULT_TIMEOUT, Session
from headwater.warehouse.embedded.spool import Spool
from headwater.warehouse.embedded.statement import (
    Insert,
    Query,
    first_word,
    parse_insert,
    parse_query,
    translate_kill,
)

# Formats whose blocks can be put one after another; the others have a head, a foot or something in between.
_BLOCKWISE = frozenset(
    {"Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "Raw", "CSV", "TSKV", "LineAsString"}
    | {"JSONEachRow", "JSONLines", "NDJSON", "JSONL", "JSONCompactEachRow", "JSONStringsEachRow", "Null"}
)
_WHOLE_SETTINGS = frozenset({"extremes", "output_format_json_array_of_rows"})
_DATA_FORMAT = "Values"
_HEAD = 256 * 1024
_LARGEST_STATEMENT = 64 * 1024 * 1024


class Execution:
    """Runs one request and writes its answer."""

    def __init__(self, executor: Executor, request: Request, body: Body, answer: Answer) -> None:
        self._executor, self._request, self._body, self._answer = executor, request, body, answer
        self._session: Session | None = None
        self._word = ""

    async def run(self) -> None:
        """Run the request. Raises QueryError at any point of the answer, ClientGone when nobody waits for it."""
        self._executor.admit(self._request.query_id)
        try:
            rest = await (self._run_in_session() if self._request.session else self._run_alone())
        finally:
            self._executor.dismiss(self._request.query_id)
        # The last byte goes out when session and slot are free: the client's next request may follow at once.
        with rest:
            for piece in rest.pieces():
                await self._answer.write(piece)
        await self._answer.finish(rest.last)

    async def _run_alone(self) -> Spool:
        connection = self._executor.engine.connect()
        try:
            return await self._run_on(connection)
        finally:
            connection.close()

    async def _run_in_session(self) -> Spool:
        request, sessions = self._request, self._executor.sessions
        timeout = request.number("session_timeout", DEFAULT_TIMEOUT)
        session = sessions.acquire(request.session, timeout, request.flag("session_check"))
        self._session, self._answer.timezone = session, session.timezone
        try:
            try:
                return await self._run_on(session.connection)
            finally:
                await self._executor.call(self._restore, session)
        finally:
            sessions.release(request.session, request.flag("close_session"))

    def _restore(self, session: Session) -> None:
        """Leave the session as its own statements made it."""
        engine = self._executor.engine
        try:
            names = [*(name for name in self._request.settings), TAG_SETTING]
            session.connection.restore(names, engine.defaults | session.settings)
            session.remember(self._word, engine.defaults)
            if self._request.database and self._word != "USE":
                session.connection.use(session.database)
        except QueryError:
            session.broken = True

    def _prepare(self, connection: Connection) -> None:
        request = self._request
        connection.progress = self._answer.progress = Progress()
        connection.apply({"log_queries": "1", TAG_SETTING: request.query_id} | request.settings)
        if request.database:
            connection.use(request.database)

    async def _run_on(self, connection: Connection) -> Spool:
        request = self._request
        self._answer.timezone = request.settings.get("session_timezone") or self._answer.timezone
        await self._executor.call(self._prepare, connection)
        pieces = self._plain_pieces()
        tables: list[str] = []
        if request.is_form:
            tables = await load_form(self._executor, connection, request, pieces)
        try:
            return await self._run_statement(connection, pieces)
        finally:
            if self._session:
                for table in tables:
                    await self._executor.call(connection.run, f"DROP TEMPORARY TABLE IF EXISTS {table}")

    async def _run_statement(self, connection: Connection, pieces: AsyncIterator[bytes]) -> Spool:
        sql = self._request.arguments.get("query", "").encode("utf-8", "surrogateescape")
        if first_word(sql) != "INSERT" or not (insert := parse_insert(sql)):
            sql = await _read_statement(sql, pieces)
            insert = parse_insert(sql)
        self._word = first_word(sql[:_HEAD])
        if self._request.method in ("GET", "HEAD") and insert:
            raise _only_reads()
        if insert:
            return await self._insert(connection, insert, _chain(sql[insert.data :], pieces))
        async for piece in pieces:
            sql += piece
            if len(sql) > _LARGEST_STATEMENT:
                raise QueryError.named(229, "QUERY_IS_TOO_LARGE", "The statement is larger than 64 MiB")
        return await self._query(connection, sql)

    async def _plain_pieces(self) -> AsyncIterator[bytes]:
        decoder = open_decoder(self._request.headers.get("content-encoding", ""))
        async for encoded in self._body.pieces():
            pieces = decoder.feed(encoded)
            while piece := await self._executor.call(gather, pieces) if decoder.is_slow else gather(pieces):
                yield piece
        decoder.end()

    async def _insert(self, connection: Connection, insert: Insert, pieces: AsyncIterator[bytes]) -> Spool:
        call = self._executor.call
        input_format = insert.format or self._request.default_format or _DATA_FORMAT
        await call(connection.apply, {f"param_{name}": value for name, value in self._request.params.items()})
        target: Target
        if insert.input:
            target = PipedInsertion(connection, insert.sql, insert.input, input_format, {})
        else:
            target = await call(connection.insert, insert.sql, input_format)
        await load_rows(self._executor, target, pieces)
        return Spool()

    async def _query(self, connection: Connection, sql: bytes) -> Spool:
        query = parse_query(sql)
        if query.word == "KILL":
            query = parse_query(translate_kill(sql, TAG_SETTING))
        if self._request.method in ("GET", "HEAD") and not query.is_read:
            raise _only_reads()
        result_format = query.format or self._request.default_format or "TabSeparated"
        if not result_format.isidentifier():
            raise QueryError.named(73, "UNKNOWN_FORMAT", f"Unknown format {result_format}")
        if query.has_result:
            self._answer.set_format(result_format)
        result = Result(self._open_result(connection, query, result_format), self._answer.encoder)
        watch = asyncio.ensure_future(self._watch(query.is_read))
        try:
            return await self._send_result(result)
        finally:
            watch.cancel()
            await self._executor.call(result.close)

    def _open_result(self, connection: Connection, query: Query, result_format: str) -> Generator[bytes, None, None]:
        request = self._request
        if not query.is_streamed:
            blocks = _run_whole(connection, query.sql, result_format, request.params)
        elif query.whole or result_format not in _BLOCKWISE or request.settings.keys() & _WHOLE_SETTINGS:
            return read_result(connection, query.head, result_format, query.tail, request.params)
        else:
            blocks = connection.stream(query.sql, result_format, request.params)
        version = request.number("client_protocol_version", 0)
        if result_format == "Native" and version:
            return adapt_blocks(blocks, version, lambda: self._describe(query))
        return blocks

    def _describe(self, query: Query) -> list[Column]:
        """Names and types of a result's columns; none when only the session's own tables could tell."""
        connection = self._executor.engine.connect()
        try:
            self._prepare_beside(connection)
            described = connection.run(b"DESCRIBE (" + query.head + b"\n)", "JSONCompactEachRow", self._request.params)
            return [(str(row[0]), str(row[1])) for row in map(json.loads, described.splitlines())]
        except QueryError:
            return []
        finally:
            connection.close()

    def _prepare_beside(self, connection: Connection) -> None:
        request, session = self._request, self._session
        connection.apply((session.settings if session else {}) | request.settings | {"log_queries": "0"})
        database = request.database or (session.database if session else "")
        if database:
            connection.use(database)

    async def _watch(self, cancels: bool) -> None:
        await self._body.wait_gone()
        if cancels:
            await self._executor.call(self._executor.engine.kill, self._request.query_id)

    async def _send_result(self, result: Result) -> Spool:
        waits = self._request.flag("wait_end_of_query")
        spool = Spool()
        while True:
            piece = await self._executor.call(result.read)
            if not result.more and not result.error:
                spool.last = piece
                return spool
            if not waits and piece and (result.more or self._answer.is_started):
                await self._answer.write(piece)
            if result.error:
                raise result.error
            if waits:
                await self._executor.call(spool.add, piece)
            if self._body.is_gone:
                raise ClientGone


def _run_whole(
    connection: Connection, sql: bytes, result_format: str, params: dict[str, str]
) -> Generator[bytes, None, None]:
    result = connection.run(sql, result_format, params)
    yield from split_blocks(result) if result_format == "Native" else (result,)


def _only_reads() -> QueryError:
    text = (
        "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. "
        "You should use method POST for modifying queries."
    )
    return QueryError.named(164, "READONLY", text)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece


async def _read_statement(sql: bytes, pieces: AsyncIterator[bytes]) -> bytes:
    """Enough of the statement to see what it is. The URL's part and the body's are lines of their own."""
    parts = [sql, b"\n"] if sql else []
    size = 0
    async for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size >= _HEAD:
            break
    return b"".join(parts)
