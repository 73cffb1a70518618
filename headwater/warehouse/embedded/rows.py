"""Rows from a request into a table."""

import asyncio
from collections.abc import AsyncIterable
from typing import Protocol

from headwater.warehouse.embedded.executor import Executor

# Bytes that may wait while the engine is busy.
_WAITING = 1024 * 1024


class Target(Protocol):
    """Takes encoded rows. Blocking; every call may raise QueryError."""

    def append(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def cancel(self) -> None: ...


async def load_rows(executor: Executor, target: Target, pieces: AsyncIterable[bytes]) -> None:
    """Hand every piece to the target and commit. Raises QueryError, or ClientGone, with the insert cancelled.

    While the engine takes some pieces, the next ones gather: about 1 MiB at most waits, and a thread is called no more
    often than it has something to do.
    """
    pending: asyncio.Future[None] | None = None
    waiting: list[bytes] = []
    size, committed = 0, False
    try:
        async for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if pending is None or pending.done() or size >= _WAITING:
                if pending:
                    await pending
                pending = asyncio.ensure_future(executor.call(_append_all, target, waiting))
                waiting, size = [], 0
        if pending:
            await pending
        await executor.call(_finish, target, waiting)
        committed = True
    finally:
        if not committed:
            if pending:
                await asyncio.wait([pending])
            await executor.call(target.cancel)


def _append_all(target: Target, pieces: list[bytes]) -> None:
    for piece in pieces:
        if piece:
            target.append(piece)


def _finish(target: Target, pieces: list[bytes]) -> None:
    _append_all(target, pieces)
    target.finish()
