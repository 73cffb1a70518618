"""How long Dagster remembers: finished runs, their events and check results, and what they left on disk.

A build every quarter of an hour is 35,000 runs a year, with a hundred check results and a file each. Dagster purges
ticks by itself, but no runs.
"""

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from headwater.settings import HomeSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

KEPT_RUNS = 10
"""Of each job, however old: they hold the state of assets and checks that the UI shows."""

_AT_ONCE = 100


def purge_runs(instance: "DagsterInstance", home: HomeSettings, retain_days: float, limit: int | None = None) -> int:
    """Delete what finished runs left that began more than ``retain_days`` ago, the oldest ``limit`` at most.

    The last `KEPT_RUNS` of each job stay. Returns how many were deleted.
    """
    from dagster import DagsterRunStatus, RunsFilter

    finished = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    before = datetime.now(UTC) - timedelta(days=retain_days)
    old = instance.get_runs(RunsFilter(statuses=finished, created_before=before), ascending=True, limit=limit)
    kept = {
        run.run_id
        for job in {run.job_name for run in old}
        for run in instance.get_runs(RunsFilter(job_name=job), limit=KEPT_RUNS)
    }
    gone = [run.run_id for run in old if run.run_id not in kept]
    for start in range(0, len(gone), _AT_ONCE):
        _purge(instance, home, gone[start : start + _AT_ONCE])
    return len(gone)


def _purge(instance: "DagsterInstance", home: HomeSettings, run_ids: list[str]) -> None:
    """Runs themselves last: those whose deletion was broken off are found again."""
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
    from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
    from dagster._core.storage.runs.schema import RunTagsTable
    from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

    events, runs = instance.event_log_storage, instance.run_storage
    assert isinstance(events, SqlEventLogStorage)
    assert isinstance(runs, SqlRunStorage)
    for run_id in run_ids:
        events.delete_events(run_id)
        for end in ("", "-wal", "-shm"):
            (home.dagster_dir / "storage" / "history" / "runs" / f"{run_id}.db{end}").unlink(missing_ok=True)
        for folder in (home.dagster_dir / "compute_logs", home.dagster_dir / "storage"):
            shutil.rmtree(folder / run_id, ignore_errors=True)
    # Neither goes with its run: SQLite heeds foreign keys only when told to, and check results have none.
    with events.index_connection() as connection:
        connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id.in_(run_ids)))
    with runs.connect() as connection:
        connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id.in_(run_ids)))
    for run_id in run_ids:
        runs.delete_run(run_id)
