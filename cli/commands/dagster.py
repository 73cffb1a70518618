"""`headwater dagster`."""

import signal

import click


@click.command("dagster")
def command() -> None:
    """Run Dagster's UI, schedules and code server until Ctrl-C.

    It listens on HEADWATER_DAGSTER_HOST and HEADWATER_DAGSTER_PORT (default 127.0.0.1:3000). When it dies it is started
    again; when it does not end though it was told to, it is killed.
    """
    from cli.services import dagster_service
    from cli.supervisor import Supervisor
    from headwater.settings import DagsterSettings, HomeSettings
    from orchestration.lib.instance import prepare_instance

    home = HomeSettings()
    supervisor = Supervisor(home.home / "logs", show=lambda _, line: click.echo(line))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.request_stop())
    prepare_instance(home)
    try:
        supervisor.start(dagster_service(DagsterSettings(), home))
        supervisor.watch()
    finally:
        supervisor.stop()
