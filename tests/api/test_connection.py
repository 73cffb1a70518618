"""Connections that send nothing, or less than a request."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from api import connection
from api.connection import HttpConnection

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(_answer, http=HttpConnection, lifespan="off", log_level="critical")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpConnection(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


@pytest.mark.parametrize("sent", [b"", HEAD])
def test_a_connection_without_a_whole_head_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)

    async def scenario() -> None:
        async with _connected() as (reader, writer):
            writer.write(sent)
            assert await asyncio.wait_for(reader.read(), 5) == b""

    asyncio.run(scenario())


@pytest.mark.parametrize("first", [HEAD, HEAD + b"Content-Length: 100\r\n"])
def test_after_an_answer_bytes_one_at_a_time_do_not_keep_a_connection(
    monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)

    async def scenario() -> None:
        async with _connected() as (reader, writer):
            writer.write(first + b"\r\n")
            # The answer takes longer than a head may.
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            ended = asyncio.create_task(reader.read())
            deadline = time.monotonic() + 5
            while not ended.done():
                assert time.monotonic() < deadline
                writer.write(b"G" if first == HEAD else b" ")
                await asyncio.sleep(0.05)

    asyncio.run(scenario())
