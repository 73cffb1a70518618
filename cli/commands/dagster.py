"""`headwater dagster`."""

import os

import click


@click.command("dagster")
def command() -> None:
    """Run Dagster's UI, schedules and code server until Ctrl-C.

    It listens on HEADWATER_DAGSTER_HOST and HEADWATER_DAGSTER_PORT (default 127.0.0.1:3000).
    """
    from cli.services import dagster_service
    from headwater.settings import DagsterSettings, HomeSettings
    from orchestration.lib.instance import prepare_instance

    home = HomeSettings()
    prepare_instance(home)
    service = dagster_service(DagsterSettings(), home)
    os.execve(service.argv[0], list(service.argv), {**os.environ, **service.environment})
