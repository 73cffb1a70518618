"""Great Expectations as asset checks, in a job of their own once a day: importing it takes longer than a build."""

import dagster as dg

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.quality import EVENTS, SITE_DAYS, Suite, run_suite


def _quality_check(suite: Suite) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=[suite.database, suite.table],
        name="great_expectations",
        description="What must hold of every row, whatever the models do.",
    )
    def great_expectations() -> dg.AssetCheckResult:
        result = run_suite(suite, HomeSettings(), WarehouseSettings())
        return dg.AssetCheckResult(
            passed=result.passed,
            description="; ".join(result.failures) or f"{result.evaluated} expectations met",
            metadata={
                "expectations": result.evaluated,
                "not met": dg.MetadataValue.json(list(result.failures)),
                "data docs": dg.MetadataValue.path(str(result.docs)),
            },
        )

    return great_expectations


QUALITY_CHECKS = [_quality_check(suite) for suite in (EVENTS, SITE_DAYS)]

check_quality = dg.define_asset_job(
    "check_quality",
    selection=dg.AssetSelection.checks(*QUALITY_CHECKS),
    description="Hold raw events and the daily report against their Great Expectations suites.",
)

daily = dg.ScheduleDefinition(
    name="check_quality_daily",
    job=check_quality,
    cron_schedule="40 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Runs the suites once a day, between two builds.",
)


def quality_definitions() -> dg.Definitions:
    """The suites, their job and its schedule."""
    return dg.Definitions(asset_checks=QUALITY_CHECKS, jobs=[check_quality], schedules=[daily])
