"""`headwater dbt`."""

import click

from cli.errors import CommandFailed


@click.command("dbt", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run dbt on Headwater's project, with Headwater's connection.

    \b
    headwater dbt build --select fct_sessions
    headwater dbt docs generate

    What writes to the warehouse waits for the build that runs.
    """
    from headwater.settings import HomeSettings, WarehouseSettings
    from orchestration.lib.dbt import show_dbt
    from orchestration.lib.manifest import find_parsed

    home = HomeSettings()
    if show_dbt(arguments or ["--help"], WarehouseSettings(), home, find_parsed(home)):
        raise CommandFailed(f"dbt {' '.join(arguments)} failed")
