"""What `headwater up` runs, and how to tell that each of it is ready."""

import http.client
import sys
from collections.abc import Callable
from pathlib import Path

from cli.supervisor import Service
from headwater.settings import ApiSettings, DagsterSettings, HomeSettings, WarehouseSettings
from headwater.warehouse.client import answers

PROJECT = Path(__file__).resolve().parents[1]
"""The folder with workspace.yaml and dbt_project."""


def clickhouse_service(settings: WarehouseSettings) -> Service:
    """The embedded ClickHouse."""
    return Service(
        name="clickhouse",
        argv=_headwater("clickhouse"),
        is_ready=lambda: answers(settings),
        host=settings.host,
        port=settings.port,
        port_setting="HEADWATER_CLICKHOUSE_PORT",
    )


def api_service(settings: ApiSettings) -> Service:
    """Collector and metrics."""
    return Service(
        name="api",
        argv=_headwater("api"),
        is_ready=_answers_http(settings.host, settings.port, "/health"),
        host=settings.host,
        port=settings.port,
        port_setting="HEADWATER_API_PORT",
    )


def loader_service() -> Service:
    """The resident loader. It listens nowhere and waits for the warehouse by itself."""
    return Service(name="loader", argv=_headwater("loader"), is_ready=lambda: True)


def dagster_service(settings: DagsterSettings, home: HomeSettings) -> Service:
    """Dagster's UI, its daemon (schedules, sensors) and one code server for both."""
    return Service(
        name="dagster",
        argv=[
            *(sys.executable, "-W", "ignore", "-m", "dagster", "dev", "--workspace", str(PROJECT / "workspace.yaml")),
            *("--host", settings.host, "--port", str(settings.port), "--log-level", "warning"),
        ],
        is_ready=_answers_http(settings.host, settings.port, "/server_info"),
        host=settings.host,
        port=settings.port,
        port_setting="HEADWATER_DAGSTER_PORT",
        ready_seconds=120,
        environment={"DAGSTER_HOME": str(home.dagster_dir)},
    )


def _headwater(command: str) -> list[str]:
    return [sys.executable, "-m", "cli", command]


def _answers_http(host: str, port: int, path: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return is_ready
