"""Rows from a request into a table."""

import asyncio
from collections.abc import AsyncIterable
from typing import Protocol

from headwater.warehouse.embedded.body import ClientGone
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.executor import Executor


class Target(Protocol):
    """Takes encoded rows. Blocking; every call may raise QueryError."""

    def append(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def cancel(self) -> None: ...


async def load_rows(executor: Executor, target: Target, pieces: AsyncIterable[bytes]) -> None:
    """Hand every piece to the target and commit. Raises QueryError, or ClientGone, with the insert cancelled.

    The engine takes one piece while the next one arrives, so at most two are in memory.
    """
    pending: asyncio.Future[None] | None = None
    try:
        async for piece in pieces:
            if pending:
                await pending
            pending = asyncio.ensure_future(executor.call(target.append, piece))
        if pending:
            await pending
            pending = None
        await executor.call(target.finish)
    except (ClientGone, QueryError):
        if pending:
            await asyncio.wait([pending])
        await executor.call(target.cancel)
        raise
