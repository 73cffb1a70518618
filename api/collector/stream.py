"""`WS /api/v1/events/stream`: a message is an event or a batch, and each is answered when it is durable."""

from contextlib import suppress

from starlette.types import Receive, Scope, Send

from api.collector.answer import as_api_error, encode_error, send_error
from api.collector.collector import WRITE, Collector
from api.errors import ApiError, BodyTooLarge, InvalidKey, NotFound, UpgradeRequired
from headwater.contracts.limits import BATCH_BYTES

_POLICY_VIOLATION = 1008


class StreamCollector:
    """Takes events over WebSocket connections, one message after another, so that answers come in order."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends: the ASGI application of the route."""
        headers = dict(scope["headers"])
        await receive()
        try:
            await self._collector.keys.admit(scope, headers, WRITE)
        except Exception as error:  # noqa: BLE001  whatever it is, it is the answer to the handshake
            await _refuse_handshake(scope, send, as_api_error(error))
            return
        # The client may go away at any moment; then nobody is left to answer.
        with suppress(OSError):
            await send({"type": "websocket.accept"})
            await self._serve_messages(scope, headers, receive, send)

    async def _serve_messages(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            body: bytes = message["bytes"] if text is None else text.encode("utf-8", "surrogatepass")
            try:
                answer = await self._take(body, scope, headers)
            except Exception as error:  # noqa: BLE001  a collector answers whatever happens; what is unforeseen is logged
                refusal = as_api_error(error)
                await send({"type": "websocket.send", "text": encode_error(refusal).decode()})
                if isinstance(refusal, InvalidKey):
                    await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.code})
                    return
            else:
                await send({"type": "websocket.send", "text": answer.decode()})

    async def _take(self, body: bytes, scope: Scope, headers: dict[bytes, bytes]) -> bytes:
        # Every message counts as a request, and a key may be revoked while a connection lasts.
        caller = await self._collector.keys.admit(scope, headers, WRITE)
        if len(body) > BATCH_BYTES:
            raise BodyTooLarge
        sender = self._collector.sender(scope, headers, caller.org_id, caller.site_id, caller.hosts, "api")
        return await self._collector.take(body, sender)


async def require_upgrade(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer plain HTTP on the stream's address."""
    await send_error(send, UpgradeRequired())


async def refuse_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a WebSocket's handshake on any other address."""
    await receive()
    await _refuse_handshake(scope, send, NotFound("This address does not speak WebSocket."))


async def _refuse_handshake(scope: Scope, send: Send, error: ApiError) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.code})
        return
    body = encode_error(error)
    headers = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
