"""A ClickHouse for the time of one command: the one that answers, or the embedded one, started and stopped here."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import NotReady
from cli.services import clickhouse_service
from cli.supervisor import Supervisor
from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, answers
from headwater.warehouse.schema import apply_schema


@contextmanager
def temporary_warehouse(home: HomeSettings, settings: WarehouseSettings) -> Iterator[None]:
    """A ClickHouse with the raw tables that answers at ``settings.address``.

    Raises NotReady when an external address is set and nothing answers there.
    """
    supervisor = Supervisor(home.home / "logs")
    try:
        if not answers(settings):
            if not settings.is_embedded:
                raise NotReady(
                    f"no ClickHouse answers at {settings.address}; start it or unset HEADWATER_CLICKHOUSE_URL"
                )
            supervisor.start(clickhouse_service(settings))
        with Warehouse(settings) as client:
            apply_schema(client)
        yield
    finally:
        supervisor.stop()
