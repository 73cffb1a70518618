"""Stripe's raw tables and exchange rates as assets, their schedules, and the check that notices an outage."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from headwater.contracts.stripe import FEED, OBJECTS
from headwater.file_lock import LockBusy
from headwater.settings import HomeSettings, StripeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import load_once
from ingestion.rates import load_rates
from ingestion.stripe.load import load_stripe
from ingestion.stripe.progress import StripeReport
from ingestion.stripe.refused import fetch_refused
from ingestion.stripe.usage import report_usage
from orchestration.defs.ingestion.assets import raw_table
from orchestration.lib.row_count import count_table_rows
from orchestration.lib.stripe_check import fetch_last_polls, judge_polls, judge_refused

_WAIT_SECONDS = 5.0
_EVENTS = dg.AssetKey(["raw_stripe", FEED.table])

_DESCRIPTIONS = {
    FEED.table: "One row per time an event was loaded, from the feed or a webhook; the same id may be there again.",
    "payout_transactions": "One row per time a balance transaction was found in a payout.",
    "refused_objects": "One row per time Stripe would not show an object that an event names.",
    "checkpoints": "One row per window of a list that was loaded: the place to go on from.",
}

STRIPE_TABLES = [
    *(
        raw_table("stripe", kind.table, f"One row per time a {kind.kind} was listed or retrieved, as it was then.")
        for kind in OBJECTS
    ),
    *(raw_table("stripe", table, description) for table, description in _DESCRIPTIONS.items()),
]


@dg.multi_asset(specs=STRIPE_TABLES, name="stripe_load", can_subset=True)
def stripe_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Load what is new of every connected account. When Stripe is away, what was loaded stays, and the check fails."""
    warehouse = WarehouseSettings()
    # The connections must be in the warehouse for the check, and webhooks be loaded before the poll settles them.
    load_once(HomeSettings(), warehouse)
    try:
        report = load_stripe(home=HomeSettings(), warehouse=warehouse, wait_seconds=_WAIT_SECONDS)
    except LockBusy as busy:
        # A first load may take hours, and goes on.
        context.log.warning(f"not polled: {busy}")
        report = StripeReport()
    for warning in report.warnings:
        context.log.warning(warning)
    for site, reason in report.failures.items():
        context.log.error(f"{site} was not loaded to the end: {reason}")
    for key in sorted(context.selected_asset_keys):
        table = key.path[-1]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": count_table_rows(warehouse, "raw_stripe", table),
                "rows loaded": report.rows.get(table, 0),
                "requests": report.requests,
                "accounts not loaded": len(report.failures),
                "seconds": round(report.seconds, 3),
            },
        )


@dg.asset_check(asset=_EVENTS, name="polled_in_time", description="Every connected account was polled lately.")
def polled_in_time() -> dg.AssetCheckResult:
    """Fails while Stripe is away, or refuses the key, for longer than HEADWATER_STRIPE_LATE_MINUTES."""
    latest = timedelta(minutes=StripeSettings().late_minutes)
    verdict = judge_polls(fetch_last_polls(WarehouseSettings()), datetime.now(UTC), latest)
    return dg.AssetCheckResult(
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict.description,
        metadata=verdict.metadata,
    )


@dg.asset_check(asset=_EVENTS, name="every_object_is_shown", description="Stripe shows every object that events name.")
def every_object_is_shown() -> dg.AssetCheckResult:
    """Warns while there are objects that Stripe refuses: their events alone tell of them."""
    with Warehouse(WarehouseSettings()) as warehouse:
        verdict = judge_refused(fetch_refused(warehouse))
    return dg.AssetCheckResult(
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=verdict.description,
        metadata=verdict.metadata,
    )


@dg.multi_asset(
    specs=[raw_table("rates", "exchange_rates", "One row per day and currency a rate was loaded for, against a base.")],
    name="rates_load",
)
def exchange_rates() -> dg.MaterializeResult[None]:
    """Load the rates of HEADWATER_RATES_SOURCE; without one, there are none."""
    warehouse = WarehouseSettings()
    report = load_rates(home=HomeSettings(), warehouse=warehouse)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": count_table_rows(warehouse, "raw_rates", "exchange_rates"),
            "rows loaded": report.loaded,
            "newest day": report.newest.isoformat() if report.newest else "none",
        }
    )


@dg.multi_asset(
    specs=[
        raw_table(
            "stripe",
            "meter_events",
            "One row per time an amount of usage was planned to be reported, and another when it was.",
            deps=[["marts", "rpt_daily_usage"]],
        )
    ],
    name="stripe_usage",
)
def meter_events(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Report usage to Stripe's billing meters where that is switched on."""
    warehouse = WarehouseSettings()
    report = report_usage(home=HomeSettings(), warehouse=warehouse)
    for reason in report.failures:
        context.log.error(reason)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": count_table_rows(warehouse, "raw_stripe", "meter_events"),
            "reported": report.reported,
            "not reported": len(report.failures),
        }
    )


poll_stripe = dg.define_asset_job(
    "poll_stripe",
    selection=dg.AssetSelection.assets(stripe_tables),
    description="Load what is new of every connected Stripe account.",
)

load_exchange_rates = dg.define_asset_job(
    "load_exchange_rates",
    selection=dg.AssetSelection.assets(exchange_rates),
    description="Load exchange rates, where a source is set.",
)

report_usage_to_stripe = dg.define_asset_job(
    "report_usage_to_stripe",
    selection=dg.AssetSelection.assets(meter_events),
    description="Report usage to Stripe's billing meters, where that is switched on.",
)


APART = dg.AssetSelection.assets(stripe_tables, exchange_rates, meter_events)
"""What the build leaves to the jobs here."""


def stripe_definitions() -> dg.Definitions:
    """The assets, the check, and jobs of their own: no build waits for Stripe, or fails when it is away."""
    return dg.Definitions(
        assets=[stripe_tables, exchange_rates, meter_events],
        asset_checks=[polled_in_time, every_object_is_shown],
        jobs=[poll_stripe, load_exchange_rates, report_usage_to_stripe],
        schedules=[
            # Between two builds, so that the next one has it.
            _schedule("poll_stripe_every_15_minutes", poll_stripe.name, "10-59/15 * * * *", "Polls Stripe."),
            # The European Central Bank publishes at about 16:00 in Frankfurt.
            _schedule("load_exchange_rates_daily", load_exchange_rates.name, "20 16 * * *", "Loads the day's rates."),
            _schedule("report_usage_hourly", report_usage_to_stripe.name, "50 * * * *", "Reports usage of past days."),
        ],
    )


def _schedule(name: str, job: str, cron: str, description: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
