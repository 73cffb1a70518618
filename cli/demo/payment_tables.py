"""What the demo prints of its payments."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.table import Table

from cli.demo.payments import SITE
from headwater.warehouse.client import Warehouse

REVENUE = """
    SELECT toString(currency) AS currency, sum(gross) AS gross, sum(refunded) AS refunded, sum(disputed) AS disputed,
           sum(net) AS net
    FROM marts.rpt_revenue_daily GROUP BY currency ORDER BY currency = 'usd' DESC, currency
"""
LIFETIME = """
    SELECT toString(currency) AS currency, sumIf(customers, months_since = 0) AS payers,
           toInt64(round(sum(net) / payers)) AS lifetime_value
    FROM marts.rpt_customer_ltv_cohorts GROUP BY currency
"""
MATCHED = """
    SELECT if(matched_by = '', 'nobody we know', toString(matched_by)) AS rule, count() AS payments
    FROM marts.fct_transactions WHERE kind = 'payment' AND day >= {since:Date}
    GROUP BY rule ORDER BY rule = 'nobody we know', payments DESC, rule
"""
RECURRING = """
    SELECT toString(currency) AS currency, argMax(closing, day) AS recurring,
           sumIf(new + expansion + reactivation, day >= {since:Date}) AS added,
           sumIf(contraction + churn, day >= {since:Date}) AS lost, argMax(closing_customers, day) AS customers
    FROM marts.rpt_mrr_daily GROUP BY currency ORDER BY currency = 'usd' DESC, currency
"""
CHANNELS = """
    SELECT toString(channel) AS channel, sum(payments_touched) AS payments, toInt64(sum(reporting_net)) AS net
    FROM marts.rpt_revenue_attribution_daily WHERE model = 'first_touch' AND day >= {since:Date}
    GROUP BY channel ORDER BY net DESC LIMIT 8
"""


def payment_tables(warehouse: Warehouse, since: date) -> Iterator[Table]:
    """Revenue and recurring revenue by currency, who paid, and which channel led. ``since``: the month's first day."""
    lifetime = {row["currency"]: row for row in warehouse.rows(LIFETIME)}
    amounts = ("gross", "refunded", "disputed", "net")
    table = _table(f"Revenue of {SITE}, over the year", "currency", *amounts, "payers", "lifetime value")
    for row in warehouse.rows(REVENUE):
        of = lifetime.get(row["currency"], {"payers": 0, "lifetime_value": 0})
        money = (*(row[name] for name in amounts), of["lifetime_value"])
        cells = [_amount(minor, row["currency"]) for minor in money]
        table.add_row(row["currency"], *cells[:-1], f"{of['payers']:,}", cells[-1])
    yield table
    moved = ("recurring", "added", "lost")
    table = _table(
        "Monthly recurring revenue, and what moved it in the month", "currency", "MRR", *moved[1:], "customers"
    )
    for row in warehouse.rows(RECURRING, {"since": since}):
        table.add_row(row["currency"], *(_amount(row[name], row["currency"]) for name in moved), str(row["customers"]))
    yield table
    yield _matched_table(warehouse.rows(MATCHED, {"since": since}))
    table = _table("Where the month's revenue came from, by first touch, in US dollars", "channel", "payments", "net")
    for row in warehouse.rows(CHANNELS, {"since": since}):
        table.add_row(row["channel"], f"{row['payments']:,}", _amount(row["net"], "usd"))
    yield table


def _matched_table(rows: list[dict[str, Any]]) -> Table:
    total = sum(row["payments"] for row in rows) or 1
    table = _table("By what the month's payments were matched to visitors", "rule", "payments", "share")
    for row in rows:
        table.add_row(row["rule"], f"{row['payments']:,}", f"{100 * row['payments'] / total:.1f} %")
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _amount(minor: Any, currency: str) -> str:
    digits = 0 if currency == "jpy" else 2
    return f"{int(minor) / 10**digits:,.{digits}f}"
