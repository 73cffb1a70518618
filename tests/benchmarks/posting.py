"""A client that costs little: whole requests written to keep-alive sockets, answers read by their length."""

import asyncio
import socket
import threading
import time
from collections.abc import Sequence


class UnexpectedAnswer(Exception):
    """The server answered something else than 2xx."""


def post_batches(port: int, requests: Sequence[bytes], connections: int = 4) -> float:
    """Seconds until every request is answered with 2xx, large requests over a few blocking sockets."""
    shares = [requests[n::connections] for n in range(connections)]
    errors: list[Exception] = []

    def work(share: Sequence[bytes]) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                for request in share:
                    connection.sendall(request)
                    _read_answer(connection)
        except (OSError, UnexpectedAnswer) as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.perf_counter() - began


def post_singles(port: int, requests: Sequence[bytes], connections: int = 64) -> float:
    """Seconds until every request is answered with 2xx, small requests over many sockets of one event loop."""
    import uvloop

    async def run() -> float:
        loop = asyncio.get_running_loop()
        waiting = iter(requests)
        began = time.perf_counter()
        protocols = [
            (await loop.create_connection(lambda: _OneAtATime(waiting, loop.create_future()), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(protocol.done for protocol in protocols))
        return time.perf_counter() - began

    return uvloop.run(run())


class _OneAtATime(asyncio.Protocol):
    """Sends the next request when the last one is answered. Answers here fit into one read."""

    def __init__(self, requests, done: asyncio.Future[None]) -> None:  # type: ignore[no-untyped-def]
        self._requests, self.done = requests, done
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        if not self._received.startswith(b"HTTP/1.1 2"):
            self.done.set_exception(UnexpectedAnswer(self._received[:300]))
            self._transport.close()
            return
        self._received = b""
        self._send_next()

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    head = head.lower()
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    start = head.find(b"content-length:")
    return start < 0 or len(body) >= int(head[start + 15 :].split(b"\r\n", 1)[0])


def _read_answer(connection: socket.socket) -> bytes:
    answer = b""
    while not _is_whole(answer):
        part = connection.recv(65536)
        if not part:
            raise UnexpectedAnswer("the server closed the connection")
        answer += part
    if not answer.startswith(b"HTTP/1.1 2"):
        raise UnexpectedAnswer(answer[:300])
    return answer
