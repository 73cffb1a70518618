"""`make bench-models CHARGES=1000000`: what the models of Stripe cost, built at once and when a little is new.

Writes build/bench-revenue-models.json. The models of events are built before and not counted. One payment in a hundred
is new and of today, with its customers' visits and a new exchange rate, and 1 in 1000 old ones is given back.

The history was loaded as it happened, by a loader that was always on: no more of it than its last quarter of an hour
came just before the first build. Exchange rates and checkpoints alone came at once.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from cli.services import PROJECT
from tests.benchmarks.builds import GIBIBYTE, Build, measure_build
from tests.benchmarks.charge_shapes import PAYMENTS, REFUNDS, SUBSCRIPTIONS
from tests.benchmarks.figures import Figure, print_figures
from tests.benchmarks.model_charges import DAYS, DAYS_OF_EVENTS, LAST_DAY, MIDNIGHT, ROWS_AT_A_TIME, Account
from tests.benchmarks.model_events import make_events, make_sites
from tests.dbt_project.project import Project, warehouse

OUT = Path("build/bench-revenue-models.json")
REVENUE = ("staging.stripe", "staging.rates", "intermediate.revenue", "marts.revenue")
NOW = f"toDateTime64('{LAST_DAY} 23:59:59.000', 3, 'UTC')"
NEW_SUBSCRIPTIONS = 1_000_000_000
"""Payments from this number on are the first ones of subscriptions of their own."""
AS_IT_HAPPENED = "toDateTime64(at + 2, 3, 'UTC')"


def land_history(account: Account, charges: int, subscriptions: int) -> None:
    """Payments at even distances up to yesterday, 3 in 100 of them given back; all is loaded as it happened."""
    told_since = f"{MIDNIGHT} - {DAYS_OF_EVENTS * 86400}"
    account.land(SUBSCRIPTIONS, f"numbers({subscriptions})", account.begun_at, AS_IT_HAPPENED, "0")
    for start in range(0, charges, ROWS_AT_A_TIME):
        numbers = f"numbers({start}, {min(ROWS_AT_A_TIME, charges - start)})"
        account.land(PAYMENTS, numbers, account.paid_at, AS_IT_HAPPENED, told_since)
    account.land_payouts(f"numbers({charges})", account.paid_at, AS_IT_HAPPENED)
    account.land(
        REFUNDS,
        f"(SELECT number FROM numbers({charges}) WHERE number % 100 < 3)",
        account.paid_at,
        AS_IT_HAPPENED,
        told_since,
    )
    account.land_rates(DAYS + 20, DAYS + 20, NOW)
    account.finish_load(NOW)


def land_today(account: Account, charges: int, subscriptions: int) -> int:
    """1 % new payments and subscriptions, and 1 in 1000 old ones changed. Returns how many payments are new."""
    now = f"{NOW} + interval 1 hour"
    at = f"{MIDNIGHT} + chance % 80000"
    new = max(charges // 100, 1)
    account.land(PAYMENTS, f"numbers({charges}, {new})", at, now, "0")
    account.land_payouts(f"numbers({charges}, {new})", at, now)
    begun = f"numbers({NEW_SUBSCRIPTIONS + subscriptions}, {max(subscriptions // 100, 1)})"
    account.land(SUBSCRIPTIONS, begun, at, now, "0")
    account.land(SUBSCRIPTIONS, f"(SELECT number FROM numbers({subscriptions}) WHERE number % 1000 = 7)", at, now, "0")
    of_last_month = f"numbers({charges - charges // 10}, {charges // 10})"
    account.land(REFUNDS, f"(SELECT number FROM {of_last_month} WHERE number % 100 = 50)", at, now, "0")
    account.land_rates(0, 1, now)
    account.finish_load(now)
    return new


def land_old(account: Account, charges: int) -> int:
    """1 in 1000 payments of every month given back. Returns how many."""
    now = f"{NOW} + interval 2 hour"
    account.land(
        REFUNDS, f"(SELECT number FROM numbers({charges}) WHERE number % 1000 = 60)", f"{MIDNIGHT} + 80000", now, "0"
    )
    account.finish_load(now)
    return charges // 1000


def measure(charges: int, subscriptions: int, folder: Path) -> tuple[list[Build], list[Figure]]:
    """All builds, and the figures of the goals."""
    events = charges // 2
    visitors = max(events // 20, 1)
    with warehouse(folder) as client:
        make_sites(client)
        project = Project(PROJECT / "dbt_project")
        project.dbt("seed")
        account = Account(client, charges, subscriptions, visitors)
        account.connect()
        make_events(client, 0, events, visitors, "1 + intDiv(chance, 3) % 30")
        land_history(account, charges, subscriptions)
        print(f"{charges:,} charges, {subscriptions:,} subscriptions", flush=True)
        project.dbt("run", "--exclude", *REVENUE)
        chosen = ("--select", *REVENUE)
        full = measure_build(client, project, "full", charges, 0, *chosen, "--full-refresh")
        make_events(client, events, events // 100, visitors, "0", f"{NOW} + interval 1 hour")
        new = land_today(account, charges, subscriptions)
        project.dbt("run", "--exclude", *REVENUE)
        today = measure_build(client, project, "1 % new, all today, 0.1 % changed", charges, new, *chosen)
        changed = land_old(account, charges)
        old = measure_build(client, project, "0.1 % changed, of every month", charges + new, changed, *chosen)
        nothing = measure_build(client, project, "nothing new", charges + new, 0, *chosen)
    peak = max(build.peak_bytes for build in (full, today, old)) / GIBIBYTE
    return [full, today, old, nothing], [
        Figure("today's payments, share of a full build", [today.seconds / full.seconds], 0.05, at_least=False),
        Figure("the same, ClickHouse's CPU", [today.cpu_seconds / full.cpu_seconds], 0.05, at_least=False),
        Figure(
            "old payments changed in every partition, CPU", [old.cpu_seconds / full.cpu_seconds], 1.02, at_least=False
        ),
        Figure("nothing new, ClickHouse's CPU", [nothing.cpu_seconds / full.cpu_seconds], None, at_least=False),
        Figure("peak memory of a statement", [peak], 4, unit="GiB", at_least=False),
    ]


def print_models(builds: list[Build]) -> None:
    """One line a model: CPU seconds of each build and peak memory of the first."""
    for name, model in sorted(builds[0].models.items(), key=lambda one: -one[1]["cpu_seconds"]):
        seconds = "".join(f"{build.models.get(name, {}).get('cpu_seconds', 0):9.2f}" for build in builds)
        print(f"  {name:40}{seconds} s of CPU {model['peak_bytes'] / GIBIBYTE:8.2f} GiB")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.revenue_models", description=__doc__)
    parser.add_argument("--charges", type=int, default=1_000_000, help="payments of the history")
    parser.add_argument("--subscriptions", type=int, help="subscriptions of the history; a tenth of the charges")
    options = parser.parse_args()
    subscriptions = options.subscriptions or max(options.charges // 10, 1)
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        builds, figures = measure(options.charges, subscriptions, Path(folder))
    OUT.parent.mkdir(exist_ok=True)
    report = {
        "charges": options.charges,
        "subscriptions": subscriptions,
        "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures],
        "builds": [asdict(build) | {"cpu_seconds": build.cpu_seconds} for build in builds],
    }
    OUT.write_text(json.dumps(report, indent=2, default=float) + "\n")
    print_models(builds)
    print_figures(figures)
    print(f"written to {OUT}")


if __name__ == "__main__":
    main()
