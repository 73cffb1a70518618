"""Answers of the control database, remembered for a few seconds."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from api.errors import Unavailable

Answer = TypeVar("Answer")


class Remembered(Generic[Answer]):
    """Asks a blocking function in a thread, once for all who wait for the same thing. For one event loop."""

    def __init__(self, ask: Callable[[bytes], Answer], seconds: float, size: int) -> None:
        self._ask = ask
        self._seconds = seconds
        self._size = size
        self._known: dict[bytes, tuple[Answer, float]] = {}
        self._asking: dict[bytes, asyncio.Task[Answer]] = {}

    async def get(self, subject: bytes) -> Answer:
        """The answer, at most so many seconds old. Raises Unavailable when the database cannot be asked."""
        known = self._known.get(subject)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        task = self._asking.get(subject)
        if task is None:
            task = self._asking[subject] = asyncio.create_task(self._fetch(subject))
            task.add_done_callback(lambda _: self._asking.pop(subject, None))
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fetch(self, subject: bytes) -> Answer:
        try:
            answer = await asyncio.to_thread(self._ask, subject)
        except SQLAlchemyError as error:
            raise Unavailable("The control database does not answer.") from error
        if len(self._known) >= self._size:
            self._known.clear()
        self._known[subject] = answer, time.monotonic() + self._seconds
        return answer
