"""What all requests share."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from headwater.warehouse.embedded.engine import Engine
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.session import Sessions

_P = ParamSpec("_P")
_T = TypeVar("_T")
# Threads beyond one per query: cancelling needs one even when every query has its own.
_SPARE_THREADS = 4


class Executor:
    """The engine, its sessions, the threads that call it, and the number of queries that may run at once."""

    def __init__(self, engine: Engine, max_queries: int) -> None:
        self.engine = engine
        self.sessions = Sessions(engine)
        self._running: set[str] = set()
        self._max_queries = max_queries
        self._threads = ThreadPoolExecutor(max_workers=max_queries + _SPARE_THREADS, thread_name_prefix="query")

    async def call(self, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Run a blocking call in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*arguments, **named))

    def admit(self, query_id: str) -> None:
        """Count a query in. Raises QueryError when as many run as may, or one with the same id."""
        if query_id in self._running:
            text = f"Query with id = {query_id} is already running."
            raise QueryError.named(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", text)
        if len(self._running) >= self._max_queries:
            text = f"Too many simultaneous queries. Maximum: {self._max_queries}"
            raise QueryError.named(202, "TOO_MANY_SIMULTANEOUS_QUERIES", text)
        self._running.add(query_id)

    def dismiss(self, query_id: str) -> None:
        """Count a query out."""
        self._running.discard(query_id)

    def close(self) -> None:
        """Close what is open. Once no request runs."""
        self._threads.shutdown(wait=True)
        self.sessions.close()
        self.engine.close()
