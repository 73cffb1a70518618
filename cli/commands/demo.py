"""`headwater demo`."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.errors import CommandFailed
from cli.services import api_service, clickhouse_service
from cli.supervisor import Supervisor, port_is_taken, unused_port
from headwater.settings import ApiSettings, ControlSettings, HomeSettings, WarehouseSettings

if TYPE_CHECKING:
    from simulator import Simulation

DAYS = 30


@click.command("demo")
@click.option("--seed", default=1, show_default=True, help="Another seed is another month.")
@click.option("--scale", default=1.0, show_default=True, help="1 is about 200,000 events and 300 paying customers.")
def command(seed: int, scale: float) -> None:
    """Simulate a month of a business and a year of its payments, load, model, check and print it.

    Everything happens in HEADWATER_HOME/demo, which is made anew each time, and on ports that are free: nothing else is
    touched. Exit code 1 when a check fails or a number differs from the simulation's truth.
    """
    from rich.console import Console

    from cli.demo.payments import load_payments
    from cli.demo.report import print_report

    home = _fresh_home()
    console = Console()
    began = time.monotonic()
    supervisor = Supervisor(home.home / "logs")
    try:
        with console.status("Starting ClickHouse and the API"):
            _start(supervisor)
        with console.status("Writing the script of a month"):
            simulation, keys = _prepare(home, seed, scale)
        _send(simulation, keys)
        # The API seals its log when it stops: all of it is there to be loaded.
        supervisor.stop_service("api")
        with console.status("Loading payments") as status:
            payments = load_payments(simulation, home, seed, scale, lambda line: status.update(f"Loading {line}"))
        with console.status("Loading, modelling and checking") as status:
            from orchestration.lib.run import run_build

            run = run_build(lambda line: status.update(f"Loading, modelling and checking: {line}"))
        with console.status("Holding the models against the simulation's truth"):
            outcome = print_report(console, simulation, payments, run)
    finally:
        supervisor.stop()
    for warning in run.warnings:
        click.echo(f"warning: {warning}", err=True)
    for failure in outcome.failures:
        click.echo(f"failed: {failure}", err=True)
    click.echo(f"Look around:  HEADWATER_HOME={_shown(home.home)} make up")
    click.echo(f"It took {time.monotonic() - began:.0f} s.")
    click.echo(
        f"demo: {outcome.events} events, {outcome.sessions} sessions,"
        f" {outcome.passed} checks passed, {len(outcome.failures)} failed"
    )
    if outcome.failures:
        raise CommandFailed("the demo's numbers are not what they should be")


def _fresh_home() -> HomeSettings:
    place = HomeSettings().home / "demo"
    _refuse_if_in_use(place)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    os.environ["HEADWATER_HOME"] = str(place)
    os.environ.pop("HEADWATER_CLICKHOUSE_URL", None)
    os.environ.pop("HEADWATER_CONTROL_URL", None)
    for setting, usual in (("HEADWATER_CLICKHOUSE_PORT", 8123), ("HEADWATER_API_PORT", 8000)):
        wanted = int(os.environ.get(setting, usual))
        os.environ[setting] = str(unused_port() if port_is_taken("127.0.0.1", wanted) else wanted)
    return HomeSettings()


def _refuse_if_in_use(place: Path) -> None:
    """The demo begins by deleting its home, which must not happen under somebody who looks around in it."""
    from headwater.warehouse.embedded.error import StartError
    from headwater.warehouse.embedded.lock import lock_directory

    directory = place / "clickhouse"
    if directory.is_dir():
        try:
            with lock_directory(directory, "headwater demo"):
                pass
        except StartError as error:
            raise CommandFailed(f"an earlier demo is still running: {error}") from error


def _start(supervisor: Supervisor) -> None:
    from headwater.warehouse.client import Warehouse
    from headwater.warehouse.schema import apply_schema

    warehouse = WarehouseSettings()
    supervisor.start(clickhouse_service(warehouse))
    with Warehouse(warehouse) as client:
        apply_schema(client)
    supervisor.start(api_service(ApiSettings()))


def _prepare(home: HomeSettings, seed: int, scale: float) -> "tuple[Simulation, dict[str, str]]":
    from cli.demo.definitions import define
    from cli.demo.quotas import ORG, choose_quotas
    from headwater.control import create_key, ensure_site, open_control, save_quota
    from simulator import simulate

    simulation = simulate(seed, datetime.now(UTC).date() - timedelta(days=DAYS + 1), DAYS, scale)
    keys = {}
    with open_control(ControlSettings().database_url(home))() as session:
        for site in simulation.sites:
            ensure_site(session, site.org_id, site.site_id, hosts=[site.host], timezone=site.timezone)
            _, keys[site.site_id] = create_key(session, site.org_id, site.site_id, "demo", scopes=["events:write"])
        define(session, simulation)
        for quota_id, quota in choose_quotas(simulation).items():
            save_quota(session, ORG, quota_id, quota)
        session.commit()
    return simulation, keys


def _send(simulation: "Simulation", keys: dict[str, str]) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from simulator.client import send

    api = ApiSettings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("Sending events through the API", total=simulation.total)
        send(
            simulation.requests(),
            simulation.total,
            keys,
            f"http://{api.host}:{api.port}",
            progress=lambda sent, _: progress.update(task, completed=sent),
        )


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
