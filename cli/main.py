"""The `headwater` command. Every subcommand is loaded only when it is called: `--help` answers at once."""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence

import click
from pydantic import ValidationError

from cli.errors import CommandFailed

COMMANDS = {
    "up": "Run ClickHouse, API, Dagster and the loader until Ctrl-C.",
    "demo": "Simulate a month of a business, load, model, check and print it.",
    "clickhouse": "Run the embedded ClickHouse.",
    "api": "Run the HTTP API.",
    "loader": "Run the loader: landed segments into ClickHouse, again and again.",
    "run": "Load, build and check once.",
    "import": "Import events or exchange rates from elsewhere.",
    "replay": "Load segments again that were loaded before.",
    "sql": "Run a query and print the result.",
    "keys": "Create, list and revoke API keys.",
    "definitions": "Save, list, show and drop goals, funnels, segments, quotas…",
    "stripe": "Connect sites to Stripe and load from it.",
    "dagster": "Run Dagster's UI and schedules.",
    "dbt": "Run dbt on Headwater's project, with Headwater's connection.",
    "doctor": "Say what is missing and the command that mends it.",
}


class Commands(click.Group):
    """Knows its subcommands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(
            f"cli.commands.{cmd_name}_" if cmd_name == "import" else f"cli.commands.{cmd_name}"
        )
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="headwater")
def cli() -> None:
    """Headwater: one event contract in, tested models and one metric layer out.

    All state lives in HEADWATER_HOME (default ./.headwater). Settings are environment variables; docs/settings.md
    lists them.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 something is not running, 130 Ctrl-C."""
    from headwater.warehouse.client import WarehouseAway, WarehouseError

    # It logs a connection it could not make, which we say in our own words.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    # So that `finally` runs: what a command started is stopped however the command is.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        sys.exit(cli.main(args=arguments, prog_name="headwater", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except CommandFailed as error:
        _fail(str(error), error.exit_code)
    except ValidationError as error:
        _fail(_setting_at_fault(error), 2)
    except WarehouseAway as error:
        _fail(f"{error}; start it with `headwater up` or `headwater clickhouse`", 3)
    except WarehouseError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        # Whoever read our output, as `head` does, has had enough. What is left must not be written at exit, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}", 1)
    except Exception as error:
        if not _is_for_people(error):
            raise
        _fail(str(error), 1)


def _interrupt(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _is_for_people(error: Exception) -> bool:
    """Whether an error's text says what is wrong and what to do; any other is a defect and shows its traceback."""
    from headwater.control import ControlError
    from headwater.file_lock import LockBusy
    from headwater.landing import LandingError
    from headwater.warehouse.embedded.error import StartError
    from ingestion.imports import ImportFailed
    from ingestion.pipeline import LoadFailed
    from ingestion.rates import RatesError
    from simulator.client import SendError

    kinds = ControlError | LandingError | StartError | ImportFailed | LockBusy | LoadFailed | RatesError | SendError
    return isinstance(error, kinds)


def _setting_at_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"setting {error.title}.{'.'.join(map(str, first['loc']))}: {first['msg']} (got {first['input']!r})"


def _fail(message: str, code: int) -> None:
    click.echo(f"headwater: {message}", err=True)
    sys.exit(code)
