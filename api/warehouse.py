"""Warehouse clients for the routes that read: opened when first needed, kept, lent to one request at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, LifoQueue

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse

KEPT = 8
"""Idle clients that are kept."""


class WarehousePool:
    """Lends clients. Safe to use from several threads."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._idle: LifoQueue[Warehouse] = LifoQueue(KEPT)

    @contextmanager
    def borrow(self) -> Iterator[Warehouse]:
        """A client for one request; after an error it is not lent again. Raises WarehouseAway, WarehouseRefused."""
        try:
            client = self._idle.get_nowait()
        except Empty:
            client = Warehouse(self._settings, query_settings={"readonly": 2, "max_execution_time": 30})
        try:
            yield client
        except BaseException:
            client.close()
            raise
        self._keep(client)

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _keep(self, client: Warehouse) -> None:
        try:
            self._idle.put_nowait(client)
        except Full:
            client.close()
