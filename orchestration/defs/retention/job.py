"""`purge_runs`: once a day, what Dagster itself keeps of old runs is deleted."""

import dagster as dg

from headwater.settings import DagsterSettings, HomeSettings
from orchestration.lib.retention import purge_runs as purge


@dg.op(description="Delete runs that are older than HEADWATER_DAGSTER_RETAIN_DAYS, and all that they left.")
def purge_old_runs(context: dg.OpExecutionContext) -> None:
    deleted = purge(context.instance, HomeSettings(), DagsterSettings().retain_days)
    context.log.info(f"deleted {deleted} runs")


@dg.job(description="Keep Dagster's own storage from growing for ever: a build leaves some 5 MB.")
def purge_runs() -> None:
    purge_old_runs()


daily = dg.ScheduleDefinition(
    name="purge_runs_daily",
    job=purge_runs,
    cron_schedule="55 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Purges once a day, between two builds.",
)


def retention_definitions() -> dg.Definitions:
    """The job and its schedule."""
    return dg.Definitions(jobs=[purge_runs], schedules=[daily])
