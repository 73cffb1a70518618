"""`build_warehouse`: load, build, check. Every 15 minutes, and by `headwater run`."""

import dagster as dg

from orchestration.defs.checks.quality import QUALITY_CHECKS
from orchestration.defs.ingestion.stripe import APART, every_object_is_shown, polled_in_time

BUILD_JOB = "build_warehouse"

build_warehouse = dg.define_asset_job(
    BUILD_JOB,
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.checks(*QUALITY_CHECKS, polled_in_time, every_object_is_shown)
    - APART,
    description="Load what waits, build every model, run every check "
    "that is cheap enough for every quarter of an hour.",
    tags={"headwater/job": "build"},
)

every_quarter_of_an_hour = dg.ScheduleDefinition(
    name="build_every_15_minutes",
    job=build_warehouse,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds the warehouse at every quarter of an hour.",
)


def build_definitions() -> dg.Definitions:
    """The job and its schedule."""
    return dg.Definitions(jobs=[build_warehouse], schedules=[every_quarter_of_an_hour])
