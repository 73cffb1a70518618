"""A client that goes away cancels its query."""

import asyncio

from headwater.warehouse.embedded.body import Body
from headwater.warehouse.embedded.executor import Executor

# Most queries are over before anybody need watch over them. Seconds.
_GRACE = 0.05


class Watch:
    """Waits for the client of a running query to go. Only a query that changes nothing is cancelled then."""

    def __init__(self, executor: Executor, body: Body, query_id: str, *, cancels: bool) -> None:
        self._executor, self._body, self._query_id, self._cancels = executor, body, query_id, cancels
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(_GRACE, self._start)

    def stop(self) -> None:
        """The query is over."""
        self._timer.cancel()
        if self._task:
            self._task.cancel()

    def _start(self) -> None:
        self._task = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        await self._body.wait_gone()
        if self._cancels:
            await self._executor.call(self._executor.engine.kill, self._query_id)
