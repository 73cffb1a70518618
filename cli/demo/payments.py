"""The demo's payments: a year of a business at a simulated Stripe, connected and loaded as a real account is.

It was connected as the month began, and loaded then and at its end: what changed in between is known to the second.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from headwater.settings import ControlSettings, HomeSettings
from headwater.warehouse.client import Warehouse

if TYPE_CHECKING:
    from simulator import Simulation
    from simulator.stripe.account import Account
    from simulator.stripe.recurring import Closings

SITE = "lumen-us"
_BUYERS = 270
"""Customers who are visitors of the simulated month at a scale of 1, where it has as many who say who they are."""
_BEFORE = 45
"""Customers who came before it; enough for every story of the business to be lived through."""
_MONTHS = 12
_DAYS = 30
"""Of the month: Stripe's events go back as far, so those between its beginning and its end are all known."""

MONEY = """
    SELECT kind, toString(currency) AS currency, count() AS transactions, sum(amount) AS amount
    FROM marts.fct_transactions GROUP BY kind, currency
"""
SUBSCRIPTIONS = """
    SELECT toString(status) AS status, count() AS subscriptions
    FROM marts.dim_subscriptions WHERE is_current GROUP BY status
"""
CLOSINGS = """
    SELECT day, toString(currency) AS currency, sum(closing) AS closing
    FROM marts.rpt_mrr_daily WHERE day BETWEEN {since:Date} AND {until:Date} GROUP BY day, currency HAVING closing != 0
"""
UNRECONCILED = "SELECT count() FROM marts.rpt_stripe_reconciliation WHERE difference != 0"


@dataclass(frozen=True, slots=True)
class Payments:
    """The account as it is at the end, and what it earned a month as each day of the month ended."""

    account: "Account"
    closings: "Closings"
    since: date
    """The first of these days, the site's."""
    until: date
    """The last of them: the account lives no longer."""


def load_payments(
    simulation: "Simulation", home: HomeSettings, seed: int, scale: float, tell: Callable[[str], None]
) -> Payments:
    """Script the year up to yesterday, serve it, connect the site and load it: as the month begins, and at its end.

    Raises what `load_stripe` and `load_rates` raise, and RuntimeError when the account cannot be loaded to its end.
    """
    from ingestion.rates import load_rates
    from simulator.stripe.account import Account
    from simulator.stripe.admission import Admission
    from simulator.stripe.business import script_business
    from simulator.stripe.buyers import find_buyers
    from simulator.stripe.clock import DAY, add_months
    from simulator.stripe.rates import write_rates
    from simulator.stripe.recurring import count_recurring, watch_recurring
    from simulator.stripe.server import serving

    ends = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    begins, connected = add_months(int(ends.timestamp()), -_MONTHS), int(ends.timestamp()) - _DAYS * DAY
    rates = home.home / "rates.csv"
    rates.write_text(write_rates(datetime.fromtimestamp(begins - 7 * DAY, UTC).date(), ends.date()))
    load_rates(str(rates))

    account = Account(begins - DAY)
    (zone,) = (ZoneInfo(site.timezone) for site in simulation.sites if site.site_id == SITE)
    since, today = datetime.fromtimestamp(connected, zone).date(), ends.astimezone(zone).date()
    closings = watch_recurring(account, since, today - timedelta(days=1), zone)
    buyers = find_buyers(simulation.script, SITE, round(_BUYERS * scale))
    key = f"rk_test_{secrets.token_hex(16)}"
    with serving(account, Admission(frozenset({key}))) as address:
        os.environ["HEADWATER_STRIPE_API_BASE"] = address
        for day in script_business(account, seed, begins, _MONTHS, _BEFORE + len(buyers), buyers):
            tell(f"a year of payments, {day:%B %Y}")
            if account.now == connected:
                _connect(home, key)
                _load(tell)
        _load(tell)
    closings |= {(today, currency): amount for currency, amount in count_recurring(account, account.now).items()}
    return Payments(account, closings, since, today)


def _connect(home: HomeSettings, key: str) -> None:
    from headwater.control import SecretBox, make_secret_key, open_control, save_stripe_connection
    from headwater.settings import SecretSettings

    os.environ["HEADWATER_SECRET_KEY"] = make_secret_key()
    with open_control(ControlSettings().database_url(home)).begin() as session:
        save_stripe_connection(session, SecretBox(SecretSettings()), SITE, key, None)


def _load(tell: Callable[[str], None]) -> None:
    from ingestion.stripe.load import load_stripe

    report = load_stripe(SITE, tell=lambda progress: tell(f"Stripe's {progress.table}, {progress.rows:,} rows"))
    for reason in report.failures.values():
        raise RuntimeError(f"the simulated Stripe was not loaded: {reason}")


def compare_payments(warehouse: Warehouse, payments: Payments) -> Iterator[tuple[bool, str]]:
    """One comparison per kind of transaction and currency, status of subscriptions, and day of recurring revenue.

    One for Stripe's books.
    """
    from simulator.stripe.truth import count_money, count_subscriptions

    money = {(row["kind"], row["currency"]): (row["transactions"], row["amount"]) for row in warehouse.rows(MONEY)}
    truth = count_money(payments.account)
    for key in sorted(truth.keys() | money.keys()):
        found, expected = money.get(key, (0, 0)), truth.get(key, (0, 0))
        yield found == expected, f"{key[0]} in {key[1]}: {found} transactions and amount, simulated {expected}"
    statuses = {row["status"]: row["subscriptions"] for row in warehouse.rows(SUBSCRIPTIONS)}
    expected_statuses = count_subscriptions(payments.account)
    for status in sorted(statuses.keys() | expected_statuses.keys()):
        pair = statuses.get(status, 0), expected_statuses.get(status, 0)
        yield pair[0] == pair[1], f"{status} subscriptions: {pair[0]}, simulated {pair[1]}"
    rows = warehouse.rows(CLOSINGS, {"since": payments.since, "until": payments.until})
    closings = {(row["day"], row["currency"]): row["closing"] for row in rows}
    for day, currency in sorted(closings.keys() | payments.closings.keys()):
        pair = closings.get((day, currency), 0), payments.closings.get((day, currency), 0)
        yield pair[0] == pair[1], f"recurring revenue in {currency} on {day}: {pair[0]}, simulated {pair[1]}"
    unreconciled = warehouse.value(UNRECONCILED)
    yield unreconciled == 0, f"{unreconciled} days on which transactions differ from what Stripe booked or paid out"
