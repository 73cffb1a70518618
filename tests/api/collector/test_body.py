"""Bodies that do not arrive."""

import asyncio

import pytest
from starlette.types import Message

from api.collector import body
from api.errors import BodyTooSlow


@pytest.mark.parametrize("parts", [[], [b'{"event"']])
def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch, parts: list[bytes]) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.05)
    waiting = list(parts)

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def scenario() -> None:
        with pytest.raises(BodyTooSlow):
            await asyncio.wait_for(body.read_body({b"content-length": b"100"}, receive), 3)

    asyncio.run(scenario())
