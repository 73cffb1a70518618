"""The pool of warehouse clients, against a real ClickHouse."""

from contextlib import ExitStack
from queue import LifoQueue

import pytest

from api.warehouse import KEPT, WarehousePool
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseRefused


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Warehouse]:
    """The clients that were closed."""
    seen: list[Warehouse] = []
    close = Warehouse.close

    def note(client: Warehouse) -> None:
        seen.append(client)
        close(client)

    monkeypatch.setattr(Warehouse, "close", note)
    return seen


def test_a_client_whose_query_was_refused_is_closed(
    warehouse_server: WarehouseSettings, closed: list[Warehouse]
) -> None:
    pool = WarehousePool(warehouse_server)
    with pytest.raises(WarehouseRefused), pool.borrow() as client:
        client.query("SELECT nothing")
    assert closed == [client]
    with pool.borrow() as another:
        assert another is not client
        assert another.value("SELECT 1") == 1
    pool.close()
    assert closed == [client, another]


def test_a_client_too_many_is_closed_even_if_another_thread_took_the_last_place(
    warehouse_server: WarehouseSettings, closed: list[Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a thread may see in the moment before another one fills the queue.
    monkeypatch.setattr(LifoQueue, "full", lambda _: False)
    pool = WarehousePool(warehouse_server)
    with ExitStack() as borrowed:
        for _ in range(KEPT + 1):
            borrowed.enter_context(pool.borrow())
    assert len(closed) == 1
    pool.close()
    assert len(closed) == KEPT + 1
