"""One request from its first byte to its last."""

from collections.abc import AsyncIterator, Generator

from headwater.warehouse.embedded.answer import Answer, Result
from headwater.warehouse.embedded.body import Body, ClientGone
from headwater.warehouse.embedded.compression import gather, open_decoder
from headwater.warehouse.embedded.confinement import check
from headwater.warehouse.embedded.engine import Connection
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.executor import Executor
from headwater.warehouse.embedded.external import load_form
from headwater.warehouse.embedded.native import adapt_blocks
from headwater.warehouse.embedded.native_block import split_blocks
from headwater.warehouse.embedded.pipe import Insertion, read_result
from headwater.warehouse.embedded.query_id import translate
from headwater.warehouse.embedded.request import Request, checked_format
from headwater.warehouse.embedded.rows import Target, load_rows
from headwater.warehouse.embedded.session import DEFAULT_TIMEOUT
from headwater.warehouse.embedded.spool import Spool
from headwater.warehouse.embedded.statement import (
    Insert,
    Query,
    first_word,
    parse_insert,
    parse_query,
)
from headwater.warehouse.embedded.system_table import define
from headwater.warehouse.embedded.watch import Watch
from headwater.warehouse.embedded.workspace import Workspace

# Formats whose blocks can be put one after another; the others have a head, a foot or something in between.
_BLOCKWISE = frozenset(
    {"Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "Raw", "CSV", "TSKV", "LineAsString"}
    | {"JSONEachRow", "JSONLines", "NDJSON", "JSONL", "JSONCompactEachRow", "JSONStringsEachRow", "Null"}
)
_WHOLE_SETTINGS = frozenset({"extremes", "output_format_json_array_of_rows"})
_DATA_FORMAT = "Values"
_HEAD = 256 * 1024
# Encoded bytes that are worth calling a thread for.
_ENCODED = 128 * 1024
_LARGEST_STATEMENT = 64 * 1024 * 1024


class Execution:
    """Runs one request and writes its answer."""

    def __init__(self, executor: Executor, request: Request, body: Body, answer: Answer) -> None:
        self._executor, self._request, self._body, self._answer = executor, request, body, answer
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
        workspace = Workspace(self._executor.engine, self._request, None)
        try:
            return await self._run_on(workspace)
        finally:
            workspace.leave(self._word)

    async def _run_in_session(self) -> Spool:
        request, sessions = self._request, self._executor.sessions
        timeout = request.number("session_timeout", DEFAULT_TIMEOUT)
        session = sessions.acquire(request.session, timeout, request.flag("session_check"))
        workspace = Workspace(self._executor.engine, request, session)
        try:
            return await self._run_on(workspace)
        finally:
            await self._executor.call(workspace.leave, self._word)
            sessions.release(request.session, request.flag("close_session"))

    async def _run_on(self, workspace: Workspace) -> Spool:
        self._answer.timezone, self._answer.progress = workspace.timezone, workspace.progress
        self._answer.reports = workspace.reports
        pieces = self._plain_pieces()
        if self._request.is_form:
            await load_form(self._executor, workspace, self._request, pieces)
        sql = self._request.arguments.get("query", "").encode("utf-8", "surrogateescape")
        insert = parse_insert(sql)
        if insert is None:
            sql = await _read_statement(sql, pieces)
            insert = parse_insert(sql)
        self._word = first_word(sql[:_HEAD])
        if insert:
            return await self._insert(workspace, insert, _chain(sql[insert.data :], pieces))
        async for piece in pieces:
            sql += piece
            if len(sql) > _LARGEST_STATEMENT:
                raise QueryError.named(229, "QUERY_IS_TOO_LARGE", "The statement is larger than 64 MiB")
        return await self._query(workspace, sql)

    async def _plain_pieces(self) -> AsyncIterator[bytes]:
        decoder = open_decoder(self._request.headers.get("content-encoding", ""))
        if decoder is None:
            async for piece in self._body.pieces():
                yield piece
            return
        async for encoded in self._body.pieces(at_least=_ENCODED):
            pieces = decoder.feed(encoded)
            while piece := await self._executor.call(gather, pieces):
                yield piece
        decoder.end()

    async def _insert(self, workspace: Workspace, insert: Insert, pieces: AsyncIterator[bytes]) -> Spool:
        self._check_method(writes=True)
        target = await self._executor.call(self._open_target, workspace, insert)
        await load_rows(self._executor, target, pieces)
        return Spool()

    def _open_target(self, workspace: Workspace, insert: Insert) -> Target:
        input_format = insert.format or self._request.default_format or _DATA_FORMAT
        check(insert.sql)
        return Insertion(workspace, insert, checked_format(input_format), self._request.params)

    async def _query(self, workspace: Workspace, sql: bytes) -> Spool:
        if b"file" in sql:
            sql = await self._executor.call(workspace.open_files, sql)
        check(sql)
        query = parse_query(translate(sql))
        self._check_method(writes=not query.is_read)
        result_format = checked_format(query.format or self._request.default_format or "TabSeparated")
        if query.has_result:
            self._answer.set_format(result_format)
        result = Result(self._blocks(workspace, query, result_format), self._answer.encoder)
        watch = Watch(self._executor, self._body, self._request.query_id, cancels=query.is_read)
        try:
            return await self._send_result(result)
        finally:
            watch.stop()
            if result.more:
                await self._executor.call(self._abandon, result)

    def _abandon(self, result: Result) -> None:
        """Stop a query that nobody reads any more. An engine that writes into a closed pipe goes on otherwise."""
        self._executor.engine.kill(self._request.query_id)
        result.close()

    def _blocks(self, workspace: Workspace, query: Query, result_format: str) -> Generator[bytes, None, None]:
        request, connection = self._request, workspace.connection()
        if not query.is_streamed:
            blocks = _run_whole(connection, query.sql, result_format, request.params)
        elif query.whole or result_format not in _BLOCKWISE or any(map(workspace.is_set, _WHOLE_SETTINGS)):
            yield from read_result(connection, query.head, result_format, query.tail, request.params)
            return
        else:
            blocks = connection.stream(query.sql, result_format, request.params)
        version = request.number("client_protocol_version", 0)
        if result_format == "Native" and version:
            blocks = adapt_blocks(blocks, version, lambda: workspace.describe(query))
        yield from blocks

    def _check_method(self, *, writes: bool) -> None:
        if writes and self._request.method in ("GET", "HEAD"):
            text = (
                "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. "
                "You should use method POST for modifying queries."
            )
            raise QueryError.named(164, "READONLY", text)

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
    try:
        result = connection.run(sql, result_format, params)
    except QueryError as error:
        definition = define(connection, sql, error)
        if definition is None:
            raise
        result = connection.run(definition, result_format)
    yield from split_blocks(result) if result_format == "Native" else (result,)


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
