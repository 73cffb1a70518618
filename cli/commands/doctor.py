"""`headwater doctor`."""

import click

from cli.errors import CommandFailed

MARKS = {True: click.style("ok     ", fg="green"), False: click.style("missing", fg="red")}


@click.command("doctor")
def command() -> None:
    """Say what is missing and the command that mends it. Exit code 1 when something is."""
    from cli.diagnosis import findings

    missing = 0
    for finding in findings():
        click.echo(f"{MARKS[finding.is_ok]} {finding.subject}: {finding.state}")
        if not finding.is_ok:
            missing += 1
            click.echo(f"        mend it with: {finding.mend}")
    if missing:
        raise CommandFailed(f"{missing} thing{'s' if missing > 1 else ''} missing")
