"""The answer of a request: status, headers and body, or an error before or in the middle of it."""

import asyncio
import json
import secrets
import time
from collections.abc import Generator, Mapping

from headwater.warehouse.embedded.body import Send
from headwater.warehouse.embedded.compression import Encoder, choose_encoding, open_encoder
from headwater.warehouse.embedded.engine import Engine, Progress, Report
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.request import Request

Headers = list[tuple[bytes, bytes]]

# A piece goes out when it is this large, in bytes, or when it has been gathered for this long, in seconds.
_GATHERED = 256 * 1024
_PATIENCE = 0.05
_SLICE = 1024 * 1024
# Seconds between an error behind the first byte and the break of the connection: clients such as aiohttp drop what they
# have received and not read when it breaks, and with it the error.
_LINGER = 0.25

_MEDIA_TYPES = {
    "Native": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
    "ORC": "application/octet-stream",
    "Avro": "application/octet-stream",
    "BSONEachRow": "application/octet-stream",
    "MsgPack": "application/octet-stream",
    "Npy": "application/octet-stream",
    "Protobuf": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "RowBinaryWithNames": "application/octet-stream",
    "RowBinaryWithNamesAndTypes": "application/octet-stream",
    "XML": "application/xml; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "CSVWithNamesAndTypes": "text/csv; charset=UTF-8; header=present",
    "Markdown": "text/markdown; charset=UTF-8",
    "PNG": "image/png",
}
_NDJSON = ("EachRow", "EachRowWithProgress", "JSONLines", "NDJSON")


def media_type(result_format: str) -> str:
    """The Content-Type ClickHouse sends a format with."""
    if result_format in _MEDIA_TYPES:
        return _MEDIA_TYPES[result_format]
    if result_format.startswith(("JSON", "NDJSON")):
        lines = result_format.endswith(_NDJSON)
        return f"application/{'x-ndjson' if lines else 'json'}; charset=UTF-8"
    if result_format.startswith(("TabSeparated", "TSV")) and "Raw" not in result_format:
        return "text/tab-separated-values; charset=UTF-8"
    return "text/plain; charset=UTF-8"


class Result:
    """Blocks of a result, gathered into pieces and encoded."""

    def __init__(self, blocks: Generator[bytes, None, None], encoder: Encoder | None) -> None:
        self._blocks, self._encoder = _cut(blocks), encoder
        self.more = True
        self.error: QueryError | None = None

    def read(self) -> bytes:
        """The next piece. Blocking. Afterwards ``more`` says whether another follows, ``error`` why not.

        A piece that was encoded must reach the client even when the query fails behind it, or what is sent of the
        error could not be decoded.
        """
        parts: list[bytes] = []
        size, until = 0, time.monotonic() + _PATIENCE
        try:
            for block in self._blocks:
                parts.append(self._encoder.feed(block) if self._encoder else block)
                size += len(parts[-1])
                if size >= _GATHERED or (size and time.monotonic() >= until):
                    return b"".join(parts)
        except QueryError as error:
            self.error = error
        else:
            parts += [self._encoder.end()] if self._encoder else []
        self.more = False
        return b"".join(parts)

    def close(self) -> None:
        """Stop the query if it still runs. Blocking."""
        self._blocks.close()


def _cut(blocks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Blocks of wide rows are tens of megabytes; the client takes them in slices."""
    try:
        for block in blocks:
            if len(block) <= _SLICE:
                yield block
                continue
            for start in range(0, len(block), _SLICE):
                yield block[start : start + _SLICE]
    finally:
        blocks.close()


class Answer:
    """Written once, from begin to finish; ``fail`` may come at any time instead."""

    def __init__(self, engine: Engine, request: Request, send: Send) -> None:
        self._engine, self._request, self._send = engine, request, send
        self._began = time.perf_counter_ns()
        self._tag = secrets.token_hex(8)
        self._format = ""
        self.is_started = False
        self._encoding = ""
        self.encoder: Encoder | None = None
        self.progress = Progress()
        self.reports: list[Report] = []
        self.timezone = engine.timezone

    def set_format(self, result_format: str) -> None:
        """Decide how the result is labelled and encoded. Before the first piece; not at all when there is none."""
        request = self._request
        self._format = result_format
        if request.settings.get("enable_http_compression", "1").lower() in ("0", "false"):
            return
        self._encoding = choose_encoding(request.headers.get("accept-encoding", ""))
        if self._encoding:
            level = request.settings.get("http_zlib_compression_level", "3")
            self.encoder = open_encoder(self._encoding, int(level) if level.isdecimal() else 3)

    async def write(self, piece: bytes) -> None:
        """Send a part of the body, behind the headers."""
        await self._start(None)
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def finish(self, piece: bytes = b"") -> None:
        """Send the rest of the body."""
        await self._start(len(piece))
        await self._send({"type": "http.response.body", "body": piece})

    async def fail(self, error: QueryError) -> None:
        """Send an error in place of the answer; or, when the answer has begun, at the point it has reached.

        The caller must then leave the body unfinished, so that the client sees the connection break.
        """
        text = f"{error} (version {self._engine.version} (official build))\n".encode("utf-8", "replace")
        if self.is_started:
            await self._break_off(text)
            return
        self.is_started = True
        headers = [
            *self._headers(),
            (b"x-clickhouse-exception-code", str(error.code).encode()),
            (b"content-type", b"text/plain; charset=UTF-8"),
            (b"content-length", str(len(text)).encode()),
        ]
        if error.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="ClickHouse server HTTP API"'))
        await self._send({"type": "http.response.start", "status": error.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": text if self._request.method != "HEAD" else b""})

    async def _break_off(self, text: bytes) -> None:
        tag = self._tag.encode()
        size = str(len(text)).encode()
        block = b"\r\n__exception__\r\n%b\r\n%b%b %b\r\n__exception__\r\n" % (tag, text, size, tag)
        if self.encoder:
            block = self.encoder.feed(block) + self.encoder.end()
        await self._send({"type": "http.response.body", "body": block, "more_body": True})
        await asyncio.sleep(_LINGER)

    async def _start(self, size: int | None) -> None:
        if self.is_started:
            return
        self.is_started = True
        headers = self._headers()
        headers.append((b"content-type", media_type(self._format).encode()))
        headers.append((b"x-clickhouse-exception-tag", self._tag.encode()))
        if self._format:
            headers.append((b"x-clickhouse-format", self._format.encode()))
        if self._encoding:
            headers.append((b"content-encoding", self._encoding.encode()))
        if size is not None:
            headers.append((b"content-length", str(size).encode()))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    def _headers(self) -> Headers:
        elapsed = time.perf_counter_ns() - self._began
        return [
            (b"x-clickhouse-query-id", _one_line(self._request.query_id)),
            (b"x-clickhouse-server-display-name", self._engine.name.encode()),
            (b"x-clickhouse-timezone", _one_line(self.timezone)),
            *((b"x-clickhouse-progress", _numbers(report)) for report in self.reports),
            (b"x-clickhouse-summary", _summary(self.progress, elapsed)),
        ]


def _one_line(text: str) -> bytes:
    """A client's text as a header's value, in which a line break would begin another header."""
    return (text if text.isprintable() else repr(text)).encode("utf-8", "replace")


def _summary(progress: Progress, elapsed_ns: int) -> bytes:
    return _numbers(
        {
            "read_rows": progress.read_rows,
            "read_bytes": progress.read_bytes,
            "written_rows": progress.written_rows,
            "written_bytes": progress.written_bytes,
            "total_rows_to_read": progress.read_rows,
            "result_rows": progress.result_rows,
            "result_bytes": progress.result_bytes,
            "elapsed_ns": elapsed_ns,
        }
    )


def _numbers(numbers: Mapping[str, int]) -> bytes:
    """Numbers as text, as ClickHouse writes them."""
    return json.dumps({name: str(value) for name, value in numbers.items()}, separators=(",", ":")).encode()


async def send_text(send: Send, status: int, text: str) -> None:
    """Send a short text that is no query's answer."""
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=UTF-8")]
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
