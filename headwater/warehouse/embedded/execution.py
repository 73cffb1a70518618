"""One request from its first byte to its last."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from headwater.warehouse.embedded.body import Body, ClientGone, Send
from headwater.warehouse.embedded.compression import Decoder, Encoder, choose_encoding, open_decoder, open_encoder
from headwater.warehouse.embedded.engine import TAG_SETTING, Connection, Engine, Insertion, Progress
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.request import Request
from headwater.warehouse.embedded.response import Headers, content_type, send_text, summary
from headwater.warehouse.embedded.session import Sessions
from headwater.warehouse.embedded.statement import (
    Insert,
    find_format,
    first_word,
    is_read,
    is_streamed,
    parse_insert,
)

_T = TypeVar("_T")
# Formats whose blocks can be put one after another; the others have a head or a foot.
_STREAMED_FORMATS = frozenset(
    "Native TabSeparated TSV TabSeparatedRaw TSVRaw CSV RowBinary JSONEachRow JSONLines NDJSON JSONCompactEachRow "
    "LineAsString RawBLOB Values".split()
)
_HEAD = 256 * 1024
_GATHERED = 256 * 1024
_LARGEST_STATEMENT = 64 * 1024 * 1024


class Executor:
    """What all requests share: the engine, its sessions, threads, and the number of queries that may run at once."""

    def __init__(self, engine: Engine, max_queries: int) -> None:
        self.engine = engine
        self.sessions = Sessions(engine)
        self.running: set[str] = set()
        self._max_queries = max_queries
        self._threads = ThreadPoolExecutor(max_workers=max_queries + 4, thread_name_prefix="query")

    async def call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Run a blocking call in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def admit(self, query_id: str) -> None:
        """Count a query in. Raises QueryError when too many run, or one with the same id."""
        if query_id in self.running:
            raise QueryError.named(
                216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", f"Query with id = {query_id} is already running."
            )
        if len(self.running) >= self._max_queries:
            raise QueryError.named(
                202,
                "TOO_MANY_SIMULTANEOUS_QUERIES",
                f"Too many simultaneous queries. Maximum: {self._max_queries}",
            )
        self.running.add(query_id)

    def dismiss(self, query_id: str) -> None:
        """Count a query out."""
        self.running.discard(query_id)


class Execution:
    """Runs one request and writes its answer."""

    def __init__(self, executor: Executor, request: Request, body: Body, send: Send) -> None:
        self._executor, self._request, self._body, self._send = executor, request, body, send
        self._began = time.perf_counter_ns()
        self._progress = Progress()
        self._started = False
        self._format = ""
        self._encoding = ""
        self._rest = b""

    async def run(self) -> None:
        """Run the request. Raises QueryError before anything was sent, ClientGone when nobody waits for it."""
        self._executor.admit(self._request.query_id)
        try:
            session = self._request.arguments.get("session_id", "")
            if session:
                await self._run_in_session(session)
            else:
                connection = self._executor.engine.connect()
                try:
                    await self._run_on(connection)
                finally:
                    connection.close()
        finally:
            self._executor.dismiss(self._request.query_id)
        # The last byte goes out when session and slot are free again: the client's next request may follow at once.
        await self._finish()

    async def refuse(self, error: QueryError) -> None:
        """Send an error in place of an answer."""
        text = f"{error} (version {self._executor.engine.version})\n"
        headers = [*self._headers(), (b"x-clickhouse-exception-code", str(error.code).encode())]
        if error.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="ClickHouse server HTTP API"'))
        await send_text(self._send, error.status, text, headers)

    async def _run_in_session(self, name: str) -> None:
        request, sessions = self._request, self._executor.sessions
        session = sessions.acquire(name, request.number("session_timeout", 60), request.flag("session_check"))
        try:
            try:
                await self._run_on(session.connection)
            finally:
                await self._executor.call(self._restore, session.connection)
        finally:
            sessions.release(name, request.flag("close_session"))

    def _restore(self, connection: Connection) -> None:
        connection.restore([*self._request.settings, TAG_SETTING], self._executor.engine.defaults)

    def _prepare(self, connection: Connection) -> None:
        request = self._request
        connection.progress = self._progress = Progress()
        connection.apply({"log_queries": "1", **request.settings, TAG_SETTING: request.query_id})
        if request.database:
            connection.use(request.database)

    async def _run_on(self, connection: Connection) -> None:
        await self._executor.call(self._prepare, connection)
        await self._run_statement(connection)

    async def _run_statement(self, connection: Connection) -> None:
        decoder = open_decoder(self._request.headers.get("content-encoding", ""))
        plain = self._decoded(decoder)
        query = self._request.arguments.get("query", "").encode("utf-8", "surrogateescape")
        if first_word(query) == "INSERT":
            statement = parse_insert(query)
            rest = query[statement.data :] if statement else b""
        else:
            query, complete = await _read_statement(query, plain)
            statement = parse_insert(query)
            rest = query[statement.data :] if statement else b""
            if statement is None and not complete:
                async for piece in plain:
                    query += piece
                    if len(query) > _LARGEST_STATEMENT:
                        raise QueryError.named(131, "QUERY_IS_TOO_LARGE", "The statement is larger than 64 MiB")
        if statement is None:
            await self._select(connection, query)
        else:
            await self._insert(connection, statement, rest, plain)

    async def _decoded(self, decoder: Decoder) -> AsyncIterator[bytes]:
        async for encoded in self._body.pieces():
            for piece in decoder.feed(encoded):
                yield piece
        decoder.end()

    async def _insert(
        self, connection: Connection, statement: Insert, rest: bytes, pieces: AsyncIterator[bytes]
    ) -> None:
        for name, value in self._request.params.items():
            connection.apply({f"param_{name}": value})
        input_format = statement.format or self._request.default_format or "Values"
        call = self._executor.call
        insertion: Insertion = await call(connection.insert, statement.sql, input_format)
        pending: asyncio.Future[None] | None = None
        try:
            if rest:
                pending = asyncio.ensure_future(call(insertion.append, rest))
            async for piece in pieces:
                if pending:
                    await pending
                pending = asyncio.ensure_future(call(insertion.append, piece))
            if pending:
                await pending
            pending = None
            await call(insertion.finish)
        except (ClientGone, QueryError):
            if pending:
                await asyncio.wait([pending])
            await call(insertion.cancel)
            raise

    async def _select(self, connection: Connection, query: bytes) -> None:
        word = first_word(query)
        output_format = find_format(query) or self._request.default_format or "TabSeparated"
        if is_streamed(word) and output_format in _STREAMED_FORMATS:
            blocks = connection.stream(query, output_format, self._request.params)
        else:
            blocks = _once(connection, query, output_format, self._request.params)
        watch = asyncio.ensure_future(self._watch(is_read(word)))
        try:
            await self._send_blocks(blocks, output_format)
        finally:
            watch.cancel()
            await self._executor.call(blocks.close)

    async def _watch(self, cancels: bool) -> None:
        await self._body.wait_gone()
        if cancels:
            await self._executor.call(self._executor.engine.kill, self._request.query_id)

    async def _send_blocks(self, blocks: Iterator[bytes], output_format: str) -> None:
        encoding = ""
        if self._request.flag("enable_http_compression"):
            encoding = choose_encoding(self._request.headers.get("accept-encoding", ""))
        encoder = open_encoder(encoding, 3) if encoding else None
        self._format, self._encoding = output_format, encoding
        everything = bytearray()
        waits = self._request.flag("wait_end_of_query")
        while True:
            piece, more = await self._executor.call(_next_piece, blocks, encoder)
            if not more:
                self._rest = bytes(everything + piece)
                return
            if waits:
                everything += piece
                continue
            await self._start()
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _start(self) -> None:
        if self._started:
            return
        self._started = True
        headers = self._headers()
        headers.append((b"content-type", content_type(self._format)))
        if self._format:
            headers.append((b"x-clickhouse-format", self._format.encode()))
        if self._encoding:
            headers.append((b"content-encoding", self._encoding.encode()))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _finish(self) -> None:
        await self._start()
        await self._send({"type": "http.response.body", "body": self._rest})

    def _headers(self) -> Headers:
        engine = self._executor.engine
        return [
            (b"x-clickhouse-query-id", self._request.query_id.encode()),
            (b"x-clickhouse-server-display-name", engine.name.encode()),
            (b"x-clickhouse-timezone", engine.timezone.encode()),
            (b"x-clickhouse-summary", summary(self._progress, time.perf_counter_ns() - self._began)),
        ]


def _once(connection: Connection, query: bytes, output_format: str, params: dict[str, str]) -> Iterator[bytes]:
    yield connection.run(query, output_format, params)


def _next_piece(blocks: Iterator[bytes], encoder: Encoder | None) -> tuple[bytes, bool]:
    """About 256 KiB of the answer, and whether more follows."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(encoder.feed(block) if encoder else block)
        size += len(parts[-1])
        if size >= _GATHERED:
            return b"".join(parts), True
    if encoder:
        parts.append(encoder.end())
    return b"".join(parts), False


async def _read_statement(query: bytes, pieces: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The statement so far and whether the body is complete."""
    parts = [query, b"\n"] if query else []
    size = 0
    async for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size >= _HEAD:
            return b"".join(parts), False
    return b"".join(parts), True
