"""HTTP connections that cannot be held without a request: uvicorn's protocol, with a time-out for heads.

uvicorn times a connection only between an answer and the next byte. One that never sends a byte, or that sends its
head, or the rest of a refused body, a byte at a time, it keeps for ever.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0
"""Time for a request's head to arrive: after the connection was made, or after the head's first byte."""


class HttpConnection(HttpToolsProtocol):
    """Closes when a head takes longer than `HEAD_SECONDS`. Bodies are timed by those who read them."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A connection that became a WebSocket is no longer among the connections.
        if (self.cycle is None or self.cycle.response_complete) and self in self.connections:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._expect_no_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_no_head()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _expect_no_head(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
