"""The demo's payments: a year of a business at a simulated Stripe, connected and loaded as a real account is."""

import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table

from headwater.settings import ControlSettings, HomeSettings
from headwater.warehouse.client import Warehouse

if TYPE_CHECKING:
    from simulator import Simulation
    from simulator.stripe.account import Account

SITE = "lumen-us"
BUYERS = 100
"""Customers who are visitors of the simulated month; the others came before it."""

_CUSTOMERS = 300
_MONTHS = 12

MONEY = """
    SELECT kind, toString(currency) AS currency, count() AS transactions, sum(amount) AS amount
    FROM marts.fct_transactions GROUP BY kind, currency
"""
SUBSCRIPTIONS = """
    SELECT toString(status) AS status, count() AS subscriptions
    FROM marts.dim_subscriptions WHERE is_current GROUP BY status
"""
REVENUE = """
    SELECT toString(currency) AS currency, sum(gross) AS gross, sum(refunded) AS refunded, sum(disputed) AS disputed,
           sum(net) AS net
    FROM marts.rpt_revenue_daily GROUP BY currency ORDER BY currency = 'usd' DESC, currency
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
UNRECONCILED = "SELECT count() FROM marts.rpt_stripe_reconciliation WHERE difference != 0"


def load_payments(simulation: "Simulation", home: HomeSettings, seed: int, tell: Callable[[str], None]) -> "Account":
    """Script the year up to yesterday, serve it, connect the site and load it. Returns the account.

    Raises what `load_stripe` and `load_rates` raise, and RuntimeError when the account cannot be loaded to its end.
    """
    from headwater.control import SecretBox, make_secret_key, open_control, save_stripe_connection
    from headwater.settings import SecretSettings
    from ingestion.rates import load_rates
    from ingestion.stripe.load import load_stripe
    from simulator.stripe.account import Account
    from simulator.stripe.admission import Admission
    from simulator.stripe.business import script_business
    from simulator.stripe.buyers import find_buyers
    from simulator.stripe.clock import DAY, add_months
    from simulator.stripe.rates import write_rates
    from simulator.stripe.server import serving

    ends = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    begins = add_months(int(ends.timestamp()), -_MONTHS)
    account = Account(begins - DAY)
    buyers = find_buyers(simulation.script, SITE, BUYERS)
    for day in script_business(account, seed, begins, _MONTHS, _CUSTOMERS, buyers):
        tell(f"a year of payments, {day:%B %Y}")

    key = f"rk_test_{secrets.token_hex(16)}"
    rates = home.home / "rates.csv"
    rates.write_text(write_rates(datetime.fromtimestamp(begins - 7 * DAY, UTC).date(), ends.date()))
    load_rates(str(rates))

    os.environ["HEADWATER_SECRET_KEY"] = make_secret_key()
    with open_control(ControlSettings().database_url(home))() as session:
        save_stripe_connection(session, SecretBox(SecretSettings()), SITE, key, None)
        session.commit()
    with serving(account, Admission(frozenset({key}))) as address:
        os.environ["HEADWATER_STRIPE_API_BASE"] = address
        report = load_stripe(SITE, tell=lambda progress: tell(f"Stripe's {progress.table}, {progress.rows:,} rows"))
    for reason in report.failures.values():
        raise RuntimeError(f"the simulated Stripe was not loaded: {reason}")
    return account


def compare_payments(warehouse: Warehouse, account: "Account") -> Iterator[tuple[bool, str]]:
    """One comparison per kind of transaction and currency, and per status of subscriptions; one for Stripe's books."""
    from simulator.stripe.truth import count_money, count_subscriptions

    money = {(row["kind"], row["currency"]): (row["transactions"], row["amount"]) for row in warehouse.rows(MONEY)}
    truth = count_money(account)
    for key in sorted(truth.keys() | money.keys()):
        found, expected = money.get(key, (0, 0)), truth.get(key, (0, 0))
        yield found == expected, f"{key[0]} in {key[1]}: {found} transactions and amount, simulated {expected}"
    statuses = {row["status"]: row["subscriptions"] for row in warehouse.rows(SUBSCRIPTIONS)}
    expected_statuses = count_subscriptions(account)
    for status in sorted(statuses.keys() | expected_statuses.keys()):
        pair = statuses.get(status, 0), expected_statuses.get(status, 0)
        yield pair[0] == pair[1], f"{status} subscriptions: {pair[0]}, simulated {pair[1]}"
    unreconciled = warehouse.value(UNRECONCILED)
    yield unreconciled == 0, f"{unreconciled} days on which transactions differ from what Stripe booked or paid out"


def payment_tables(warehouse: Warehouse, since: date) -> Iterator[Table]:
    """Revenue and recurring revenue by currency, and what came by which channel. ``since``: the month's first day."""
    amounts = ("gross", "refunded", "disputed", "net")
    table = _table(f"Revenue of {SITE}, over the year", "currency", *amounts)
    for row in warehouse.rows(REVENUE):
        table.add_row(row["currency"], *(_amount(row[name], row["currency"]) for name in amounts))
    yield table
    moved = ("recurring", "added", "lost")
    table = _table(
        "Monthly recurring revenue, and what moved it in the month", "currency", "MRR", *moved[1:], "customers"
    )
    for row in warehouse.rows(RECURRING, {"since": since}):
        table.add_row(row["currency"], *(_amount(row[name], row["currency"]) for name in moved), str(row["customers"]))
    yield table
    table = _table("Where the month's revenue came from, by first touch, in US dollars", "channel", "payments", "net")
    for row in warehouse.rows(CHANNELS, {"since": since}):
        table.add_row(row["channel"], f"{row['payments']:,}", _amount(row["net"], "usd"))
    yield table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _amount(minor: Any, currency: str) -> str:
    digits = 0 if currency == "jpy" else 2
    return f"{int(minor) / 10**digits:,.{digits}f}"
