"""Checks of the way from the landing log to the raw tables."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from headwater.settings import HomeSettings, LandingSettings, WarehouseSettings
from orchestration.lib.backlog import measure_backlog
from orchestration.lib.landing_check import (
    Verdict,
    fetch_last_receipt,
    judge_backlog,
    judge_damage,
    judge_freshness,
)

EVENTS = dg.AssetKey(["raw_events", "events"])
SEGMENTS = dg.AssetKey(["raw_events", "landing_segments"])

LANDING_CHECKS = [
    dg.AssetCheckSpec("loaded_in_time", asset=EVENTS, description="No sealed segment waits longer than ten minutes."),
    dg.AssetCheckSpec("backlog_has_room", asset=SEGMENTS, description="The unloaded log is far from its limit."),
    dg.AssetCheckSpec("no_segment_is_damaged", asset=SEGMENTS, description="Every segment could be read."),
]


@dg.multi_asset_check(specs=LANDING_CHECKS, name="landing_checks")
def landing_checks() -> Iterator[dg.AssetCheckResult]:
    """One look at the log and at the table, three verdicts."""
    backlog = measure_backlog(HomeSettings().landing_dir, datetime.now(UTC))
    freshness = judge_freshness(backlog, fetch_last_receipt(WarehouseSettings()))
    yield _result(EVENTS, "loaded_in_time", freshness)
    yield _result(SEGMENTS, "backlog_has_room", judge_backlog(backlog, LandingSettings().backlog_bytes))
    yield _result(SEGMENTS, "no_segment_is_damaged", judge_damage(backlog))


def _result(key: dg.AssetKey, name: str, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if verdict.is_severe else dg.AssetCheckSeverity.WARN,
        description=verdict.description,
        metadata=verdict.metadata,
    )


def landing_definitions() -> dg.Definitions:
    """The landing log's checks."""
    return dg.Definitions(asset_checks=[landing_checks])
