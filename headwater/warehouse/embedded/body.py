"""The body of a request and the fate of its connection, as ASGI tells them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """The client closed its connection before the answer was complete."""


class Body:
    """Reads a body once; knows when the client has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False
        self.is_gone = False

    async def pieces(self, at_least: int = 0) -> AsyncIterator[bytes]:
        """The body as it comes over the wire, gathered to ``at_least`` so many bytes. Raises ClientGone."""
        parts: list[bytes] = []
        size = 0
        while not self._complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.is_gone = True
                raise ClientGone
            self._complete = not message.get("more_body", False)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size >= at_least or self._complete:
                yield parts[0] if len(parts) == 1 else b"".join(parts)
                parts, size = [], 0

    async def wait_gone(self) -> None:
        """Return when the client has gone. Only once the body is complete."""
        while not self._complete:
            await asyncio.sleep(0.05)
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self.is_gone = True
