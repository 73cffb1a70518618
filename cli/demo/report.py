"""What the demo prints, and how it holds the models against the simulation's truth."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.demo.content import compare_content, content_table
from cli.demo.definitions import compare_definitions, definition_tables
from cli.demo.payment_tables import payment_tables
from cli.demo.payments import Payments, compare_payments
from cli.demo.quotas import ORG, compare_quotas, fullest_periods
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse

if TYPE_CHECKING:
    from orchestration.lib.run import RunReport
    from simulator import Simulation

SITE_DAYS = """
    SELECT site_id, day, events, page_views, visitors, sessions, bounces, total_duration_seconds,
           bot_events, bot_sessions
    FROM marts.rpt_site_daily
"""
USAGE = "SELECT org_id, sum(events) AS events FROM marts.rpt_daily_usage GROUP BY org_id"
LEDGER = """
    SELECT site_id, sum(received) AS received, sum(counted) AS counted, sum(bots) AS bots,
           sum(duplicates) AS duplicates, sum(rejected) AS rejected
    FROM marts.rpt_ingestion_ledger GROUP BY site_id
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo's last line says."""

    events: int
    sessions: int
    passed: int
    failures: list[str]


def print_report(console: Console, simulation: "Simulation", payments: Payments, run: "RunReport") -> Outcome:
    """Print the sites' numbers and the checks; return what passed and what did not."""
    if not run.ok and not run.checks_passed:
        return Outcome(0, 0, 0, list(run.failures))
    with Warehouse(WarehouseSettings()) as warehouse:
        site_days = warehouse.rows(SITE_DAYS)
        ledger = warehouse.rows(LEDGER)
        usage = warehouse.rows(USAGE)
        sources = warehouse.rows(_TOP_SOURCES)
        tables = [
            *definition_tables(warehouse),
            *payment_tables(warehouse, min((row["day"] for row in site_days), default=date.min)),
            content_table(warehouse),
        ]
        others = [
            *compare_definitions(warehouse, simulation),
            *compare_quotas(warehouse, simulation),
            *compare_payments(warehouse, payments),
            *compare_content(warehouse, simulation),
        ]
        quotas = fullest_periods(warehouse)
    console.print(_sites_table(site_days))
    console.print(_ledger_table(ledger))
    console.print(_plain_table("Where visits came from", sources))
    console.print(_plain_table(f"Quotas of {ORG}, each in the period that used most of it", quotas))
    for table in tables:
        console.print(table)
    comparisons = [*_compare(simulation, site_days, ledger, usage), *others]
    failures = [*run.failures, *(text for is_equal, text in comparisons if not is_equal)]
    agreeing = sum(is_equal for is_equal, _ in comparisons)
    console.print(_checks_table(run, agreeing, len(comparisons)))
    return Outcome(
        events=sum(row["received"] for row in ledger),
        sessions=sum(row["sessions"] for row in site_days),
        passed=run.checks_passed + agreeing,
        failures=failures,
    )


_TOP_SOURCES = """
    SELECT if(utm_source != '', utm_source, if(referrer != '', domainWithoutWWW(referrer), '(direct)')) AS source,
           count() AS sessions, uniqExact(site_id, visitor_id) AS visitors,
           round(100 * countIf(is_bounce) / count(), 1) AS bounce_percent
    FROM marts.fct_sessions WHERE NOT is_bot GROUP BY source ORDER BY sessions DESC, source LIMIT 8
"""


def _compare(
    simulation: "Simulation", site_days: list[dict[str, Any]], ledger: list[dict[str, Any]], usage: list[dict[str, Any]]
) -> Iterator[tuple[bool, str]]:
    """One comparison per site and day, per site's ledger, per organization's usage."""
    truth = simulation.truth
    found = {(row["site_id"], row["day"]): row for row in site_days}
    for key in sorted(truth.site_days.keys() | found.keys()):
        yield _compare_day(key, truth.site_days.get(key), found.get(key))
    by_site = {row["site_id"]: row for row in ledger}
    for site_id, expected in truth.ledger.items():
        row = by_site.get(site_id, {})
        columns = ("received", "counted", "bots", "duplicates", "rejected")
        wrong = [name for name in columns if row.get(name) != getattr(expected, name)]
        yield not wrong, f"ledger of {site_id}: {', '.join(wrong)} differ from the simulation"
    used: Counter[str] = Counter()
    for (org_id, *_), entry in truth.usage.items():
        used[org_id] += entry.events
    counted = {row["org_id"]: row["events"] for row in usage}
    for org_id, events in used.items():
        yield counted.get(org_id) == events, f"usage of {org_id}: {counted.get(org_id)} events, simulated {events}"


def _compare_day(key: tuple[str, date], expected: Any, row: dict[str, Any] | None) -> tuple[bool, str]:
    site_id, day = key
    if expected is None or row is None:
        return False, f"{site_id} on {day}: {'not simulated' if expected is None else 'missing in the mart'}"
    pairs = {
        "events": expected.events,
        "page_views": expected.page_views,
        "visitors": expected.visitors,
        "sessions": expected.sessions,
        "bounces": expected.bounces,
        "bot_events": expected.bot_events,
        "bot_sessions": expected.bot_sessions,
    }
    wrong = [f"{name} {row[name]}, simulated {value}" for name, value in pairs.items() if row[name] != value]
    if round(row["total_duration_seconds"] * 1000) != expected.duration_ms:
        wrong.append(f"duration {row['total_duration_seconds']} s, simulated {expected.duration_ms / 1000} s")
    return not wrong, f"{site_id} on {day}: {'; '.join(wrong)}"


def _sites_table(rows: list[dict[str, Any]]) -> Table:
    totals: dict[str, Counter[str]] = {}
    for row in rows:
        total = totals.setdefault(row["site_id"], Counter())
        for name in ("events", "page_views", "sessions", "bounces", "bot_events", "total_duration_seconds"):
            total[name] += row[name]
        total["days"] += 1
    table = Table(title="Sites, over the month", title_justify="left")
    table.add_column("site")
    for name in ("days", "events", "page views", "sessions", "bounce rate", "avg. duration", "crawler events"):
        table.add_column(name, justify="right")
    for site_id, total in sorted(totals.items()):
        sessions = total["sessions"] or 1
        minutes, seconds = divmod(int(total["total_duration_seconds"] / sessions), 60)
        table.add_row(
            site_id,
            str(total["days"]),
            f"{total['events']:,}",
            f"{total['page_views']:,}",
            f"{total['sessions']:,}",
            f"{100 * total['bounces'] / sessions:.1f} %",
            f"{minutes}:{seconds:02d}",
            f"{total['bot_events']:,}",
        )
    return table


def _ledger_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Ledger: received = counted + bots + duplicates + rejected", title_justify="left")
    table.add_column("site")
    columns = ("received", "counted", "bots", "duplicates", "rejected")
    for name in columns:
        table.add_column(name, justify="right")
    for row in sorted(rows, key=lambda row: str(row["site_id"])):
        table.add_row(row["site_id"], *(f"{row[name]:,}" for name in columns))
    return table


def _plain_table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name, cell in (rows[0] if rows else {}).items():
        table.add_column(name.replace("_", " "), justify="left" if isinstance(cell, str) else "right")
    for row in rows:
        table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row.values()))
    return table


def _checks_table(run: "RunReport", agreeing: int, comparisons: int) -> Table:
    table = Table(title="Checks", title_justify="left")
    for name in ("what", "passed", "failed"):
        table.add_column(name, justify="left" if name == "what" else "right")
    table.add_row("tests of the models and freshness, run by Dagster", str(run.checks_passed), str(run.checks_failed))
    what = "numbers of the models equal to what was simulated"
    table.add_row(what, str(agreeing), str(comparisons - agreeing))
    return table
