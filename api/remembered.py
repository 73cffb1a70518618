"""Answers of the control database, remembered for a few seconds."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from api.errors import Unavailable

Answer = TypeVar("Answer")


class Remembered(Generic[Answer]):
    """Asks a blocking function in a thread, once for all who wait for the same thing. For one event loop.

    That something does not exist is remembered apart, so that who asks for what there isn't pushes nothing else out.
    """

    def __init__(self, ask: Callable[[bytes], Answer | None], seconds: float, size: int) -> None:
        """``size`` is how many answers are kept, and a quarter as many of those that were None."""
        self._ask = ask
        self._seconds = seconds
        self._size = size
        self._known: dict[bytes, tuple[Answer, float]] = {}
        self._missing: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Task[Answer | None]] = {}

    def holds(self, subject: bytes) -> bool:
        """Whether there was an answer when last asked, however long ago."""
        return subject in self._known

    async def get(self, subject: bytes) -> Answer | None:
        """The answer, at most so many seconds old. Raises Unavailable when the database cannot be asked."""
        known = self._known.get(subject)
        if known is not None:
            if time.monotonic() < known[1]:
                return known[0]
        elif time.monotonic() < self._missing.get(subject, 0.0):
            return None
        task = self._asking.get(subject)
        if task is None:
            task = self._asking[subject] = asyncio.create_task(self._fetch(subject))
            task.add_done_callback(lambda _: self._asking.pop(subject, None))
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fetch(self, subject: bytes) -> Answer | None:
        try:
            answer = await asyncio.to_thread(self._ask, subject)
        except SQLAlchemyError as error:
            raise Unavailable("The control database does not answer.") from error
        until = time.monotonic() + self._seconds
        # Taken out and put in again, so that the first ones are the oldest.
        self._known.pop(subject, None)
        self._missing.pop(subject, None)
        if answer is None:
            _make_room(self._missing, self._size // 4)
            self._missing[subject] = until
        else:
            _make_room(self._known, self._size)
            self._known[subject] = answer, until
        return answer


def _make_room(entries: dict[bytes, Any], size: int) -> None:
    """Forget the oldest entry if there are ``size``."""
    if len(entries) >= size:
        del entries[next(iter(entries))]
