"""A Headwater of its own for a test or a benchmark: its processes, home and ports, started and stopped."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.services import api_service, clickhouse_service, loader_service
from cli.supervisor import Supervisor, unused_port
from headwater.control import create_key, ensure_site, open_control
from headwater.settings import ApiSettings, ControlSettings, HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from orchestration.lib.manifest import project_digest


@dataclass(frozen=True, slots=True)
class Stack:
    """What a caller needs of the running processes."""

    supervisor: Supervisor
    home: HomeSettings
    warehouse: WarehouseSettings
    api: ApiSettings
    key: str

    def client(self) -> Warehouse:
        return Warehouse(self.warehouse)


@contextmanager
def running_stack(
    folder: Path, services: Sequence[str] = ("clickhouse", "api", "loader"), **settings: str
) -> Iterator[Stack]:
    """Start the named services in ``folder`` with free ports, a site ``site`` and a key without a rate limit.

    ``settings`` are environment variables for the processes. The environment of the caller is put back afterwards.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("HEADWATER_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ |= {
        "HEADWATER_HOME": str(folder / "home"),
        "HEADWATER_CLICKHOUSE_PORT": str(unused_port()),
        "HEADWATER_API_PORT": str(unused_port()),
        "HEADWATER_DAGSTER_PORT": str(unused_port()),
        **settings,
    }
    home, warehouse, api = HomeSettings(), WarehouseSettings(), ApiSettings()
    home.home.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(home.home / "logs")
    try:
        with open_control(ControlSettings().database_url(home))() as session:
            ensure_site(session, "org", "site", hosts=["example.com"], timezone="UTC")
            _, key = create_key(
                session, "org", "site", "test", scopes=["events:write", "metrics:read"], rate_per_minute=10**9
            )
            session.commit()
        if "clickhouse" in services:
            supervisor.start(clickhouse_service(warehouse))
            with Warehouse(warehouse) as client:
                apply_schema(client)
        if "api" in services:
            supervisor.start(api_service(api))
        if "loader" in services:
            supervisor.start(loader_service())
        yield Stack(supervisor, home, warehouse, api, key)
    finally:
        supervisor.stop()
        os.environ.clear()
        os.environ.update(before)


def spare_unit_tests(home: HomeSettings, client: Warehouse) -> None:
    """Let a home believe that dbt's unit tests passed: they take a build longer than all the rest.

    That they pass, in a home that has never seen them, is what the demo's test shows.
    """
    home.dbt_dir.mkdir(exist_ok=True)
    (home.dbt_dir / "unit_tests_passed").write_text(f"{project_digest()} {client.value('SELECT version()')}")
