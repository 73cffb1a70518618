"""`headwater replay`."""

from datetime import UTC, datetime

import click


@click.command("replay")
@click.option("--since", required=True, type=click.DateTime(), help="First moment of loading, UTC.")
@click.option("--until", type=click.DateTime(), default=None, help="Moment after the last; now if absent.")
def command(since: datetime, until: datetime | None) -> None:
    """Put segments that were loaded in a window back into the backlog, so that they are loaded again.

    It changes no number: the models count a receipt once. Use it after a raw table was lost.
    """
    from headwater.landing import replay
    from headwater.settings import HomeSettings

    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    moved = replay(HomeSettings().landing_dir, since.replace(tzinfo=UTC), end)
    click.echo(f"{moved} segments wait for the loader again")
