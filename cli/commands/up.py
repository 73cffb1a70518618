"""`headwater up`."""

import signal
import time
from pathlib import Path

import click

from cli.services import api_service, clickhouse_service, dagster_service, loader_service
from cli.supervisor import Supervisor
from headwater.settings import ApiSettings, DagsterSettings, HomeSettings, WarehouseSettings

COLOURS = {"clickhouse": "yellow", "api": "cyan", "loader": "green", "dagster": "magenta"}


@click.command("up")
@click.option("--no-dagster", is_flag=True, help="Leave Dagster's UI and schedules out.")
def command(no_dagster: bool) -> None:
    """Run ClickHouse, API, Dagster and the loader until Ctrl-C.

    What dies is started again. With HEADWATER_CLICKHOUSE_URL set, no ClickHouse is started. Output is kept in
    HEADWATER_HOME/logs.
    """
    from headwater.warehouse.client import Warehouse
    from headwater.warehouse.schema import apply_schema

    home, warehouse, api, dagster = HomeSettings(), WarehouseSettings(), ApiSettings(), DagsterSettings()
    supervisor = Supervisor(home.home / "logs", show=_show)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.request_stop())
    began = time.monotonic()
    try:
        if warehouse.is_embedded:
            supervisor.start(clickhouse_service(warehouse))
        with Warehouse(warehouse) as client:
            apply_schema(client)
        supervisor.start(api_service(api))
        supervisor.start(loader_service())
        if not no_dagster:
            _prepare_dagster(home)
            supervisor.start(dagster_service(dagster, home))
        _greet(home.home, warehouse, api, None if no_dagster else dagster, time.monotonic() - began)
        supervisor.watch()
    finally:
        click.echo("stopping")
        supervisor.stop()
    click.echo("stopped")


def _prepare_dagster(home: HomeSettings) -> None:
    from orchestration.lib.instance import prepare_instance

    prepare_instance(home)


def _greet(
    home: Path, warehouse: WarehouseSettings, api: ApiSettings, dagster: DagsterSettings | None, seconds: float
) -> None:
    click.echo(f"\nHeadwater is up after {seconds:.0f} s; its state is in {home}")
    click.echo(f"  ClickHouse  {warehouse.address}")
    click.echo(f"  API         http://{api.host}:{api.port}/docs")
    if dagster:
        click.echo(f"  Dagster     http://{dagster.host}:{dagster.port}")
    click.echo("  first key   headwater keys create --site my-site --host example.com")
    click.echo("Ctrl-C stops all of it.\n")


def _show(name: str, line: str) -> None:
    click.echo(f"{click.style(f'{name:<10}', fg=COLOURS.get(name))} {line}")
