"""`headwater sql`."""

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

import click


@click.command("sql")
@click.argument("query")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", help="How rows are printed."
)
@click.option("--limit", default=1000, show_default=True, help="Rows printed at most, as a table.")
def command(query: str, form: str, limit: int) -> None:
    """Run QUERY in ClickHouse and print the result.

    \b
    headwater sql "SELECT * FROM marts.rpt_site_daily ORDER BY day"
    """
    from headwater.settings import WarehouseSettings
    from headwater.warehouse.client import Warehouse

    with Warehouse(WarehouseSettings()) as warehouse:
        names, rows = warehouse.query(query)
    if form == "json":
        for row in rows:
            click.echo(json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        _print_table(names, rows, limit)


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], limit: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Text, because a visitor may have sent what looks like markup.
    table = Table()
    for name in names:
        table.add_column(Text(name))
    for row in rows[:limit]:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console()
    console.print(table)
    if len(rows) > limit:
        console.print(f"{len(rows) - limit} more rows; --limit shows more, --format csv shows all")
