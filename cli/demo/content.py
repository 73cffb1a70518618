"""What the demo's content earned: its table, and how it is held against the simulation's truth."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from headwater.warehouse.client import Warehouse

if TYPE_CHECKING:
    from simulator import Simulation

EARNED = """
    SELECT site_id, content_id, toString(currency) AS currency, sum(purchases) AS purchases, sum(revenue) AS revenue
    FROM marts.rpt_content_revenue_daily GROUP BY site_id, content_id, currency
"""
TOP_CONTENT = """
    SELECT content_id, creator_id, toString(currency) AS currency, sum(purchases) AS purchases, sum(revenue) AS revenue
    FROM marts.rpt_content_revenue_daily GROUP BY content_id, creator_id, currency ORDER BY revenue DESC, content_id
"""


def content_table(warehouse: Warehouse) -> Table:
    """What was sold of each item, on all sites."""
    table = Table(title="What content earned, over the month", title_justify="left")
    for name in ("content", "creator", "currency"):
        table.add_column(name)
    for name in ("purchases", "revenue"):
        table.add_column(name, justify="right")
    for row in warehouse.rows(TOP_CONTENT):
        earned = f"{row['revenue'] / 100:,.2f}"
        table.add_row(row["content_id"], row["creator_id"], row["currency"], f"{row['purchases']:,}", earned)
    return table


def compare_content(warehouse: Warehouse, simulation: "Simulation") -> Iterator[tuple[bool, str]]:
    """One comparison per site, item and currency."""
    found = {
        (row["site_id"], row["content_id"], row["currency"]): (row["purchases"], row["revenue"])
        for row in warehouse.rows(EARNED)
    }
    truth = {key: (row.purchases, row.revenue) for key, row in simulation.truth.content.items()}
    for key in sorted(truth.keys() | found.keys()):
        pair, expected = found.get(key, (0, 0)), truth.get(key, (0, 0))
        site_id, content_id, currency = key
        yield (
            pair == expected,
            f"{content_id} of {site_id} in {currency}: {pair} purchases and revenue, simulated {expected}",
        )
