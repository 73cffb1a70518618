"""What Dagster keeps of old runs is deleted; what the UI shows of assets and checks stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.storage.runs.schema import RunsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

from headwater.settings import HomeSettings
from orchestration.lib.instance import open_instance, prepare_instance, write_instance_config
from orchestration.lib.retention import KEPT_RUNS, purge_runs

CHECK = dg.AssetCheckKey(dg.AssetKey("table"), "is_sound")


@dg.asset(check_specs=[dg.AssetCheckSpec("is_sound", asset="table")])
def table() -> Iterator[dg.Output[int] | dg.AssetCheckResult]:
    yield dg.Output(1)
    yield dg.AssetCheckResult(passed=True, check_name="is_sound")


@pytest.fixture
def instance(home: HomeSettings) -> Iterator[dg.DagsterInstance]:
    write_instance_config(home)
    with open_instance(home) as opened:
        yield opened


def materialize(instance: dg.DagsterInstance, times: int, age: timedelta) -> list[str]:
    """Runs that began so long ago."""
    ids = [dg.materialize([table], instance=instance, tags={"why": "test"}).run_id for _ in range(times)]
    storage = instance.run_storage
    assert isinstance(storage, SqlRunStorage)
    began = (datetime.now(UTC) - age).replace(tzinfo=None)
    with storage.connect() as connection:
        connection.execute(RunsTable.update().where(RunsTable.c.run_id.in_(ids)).values(create_timestamp=began))
    return ids


def test_old_runs_go_with_all_they_left_and_young_ones_stay(instance: dg.DagsterInstance, home: HomeSettings) -> None:
    old = materialize(instance, 3, timedelta(days=8))
    young = materialize(instance, KEPT_RUNS, timedelta(days=6))
    assert purge_runs(instance, home, retain_days=7) == 3
    assert {run.run_id for run in instance.get_runs()} == set(young)
    assert not [path for path in home.dagster_dir.rglob("*") if any(run_id in path.name for run_id in old)]
    for database in ("runs.db", "runs/index.db"):
        assert not found_in(home, database, old), database
        assert found_in(home, database, young), database
    event = instance.get_latest_materialization_event(dg.AssetKey("table"))
    assert event is not None
    assert event.run_id == young[-1]
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])
    assert checks[CHECK].run_id == young[-1]
    assert purge_runs(instance, home, retain_days=7) == 0


def found_in(home: HomeSettings, database: str, run_ids: list[str]) -> list[str]:
    """Tables of a SQLite file of Dagster's with a row of one of the runs."""
    import sqlite3

    connection = sqlite3.connect(home.dagster_dir / "storage" / "history" / database)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            name
            for name in tables
            if "run_id" in [column[1] for column in connection.execute(f"PRAGMA table_info({name})")]
            and connection.execute(
                f"SELECT 1 FROM {name} WHERE run_id IN ({', '.join('?' * len(run_ids))})", run_ids
            ).fetchone()
        ]
    finally:
        connection.close()


def test_the_last_runs_of_a_job_stay_however_old(instance: dg.DagsterInstance, home: HomeSettings) -> None:
    runs = materialize(instance, KEPT_RUNS + 2, timedelta(days=400))
    assert purge_runs(instance, home, retain_days=7) == 2
    assert {run.run_id for run in instance.get_runs()} == set(runs[2:])


def test_preparing_purges_without_being_asked(
    instance: dg.DagsterInstance, home: HomeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_DAGSTER_RETAIN_DAYS", "0.5")
    materialize(instance, KEPT_RUNS + 1, timedelta(days=1))
    prepare_instance(home)
    assert len(instance.get_runs()) == KEPT_RUNS


def test_the_job_that_runs_every_day_purges(instance: dg.DagsterInstance, home: HomeSettings) -> None:
    from orchestration.defs.retention.job import purge_runs as job

    materialize(instance, KEPT_RUNS + 4, timedelta(days=8))
    assert job.execute_in_process(instance=instance).success
    assert len([run for run in instance.get_runs() if run.job_name != "purge_runs"]) == KEPT_RUNS
