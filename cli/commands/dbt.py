"""`headwater dbt`."""

import os
import subprocess
import sys
from collections.abc import Sequence

import click

from cli.errors import CommandFailed
from cli.services import PROJECT


@click.command("dbt", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run dbt on Headwater's project, with Headwater's connection.

    \b
    headwater dbt build --select fct_sessions
    headwater dbt docs generate
    """
    run_dbt(arguments or ["--help"])


def run_dbt(arguments: Sequence[str]) -> None:
    """Run dbt in a process of its own. Raises CommandFailed when it fails; its own output says why."""
    from headwater.settings import HomeSettings, WarehouseSettings
    from orchestration.lib.dbt import dbt_environment

    environment = dbt_environment(WarehouseSettings(), HomeSettings())
    done = subprocess.run(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments],
        cwd=PROJECT / "dbt_project",
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"dbt {' '.join(arguments)} failed")
