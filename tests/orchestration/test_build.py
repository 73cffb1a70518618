"""The job on a real ClickHouse: what it makes, what it says, and what it stops."""

import re
import threading
from collections.abc import Iterator

import dagster as dg
import pytest

from headwater.settings import HomeSettings
from headwater.warehouse.client import Warehouse
from ingestion.lock import load_lock
from orchestration.lib.instance import open_instance
from orchestration.lib.quality import EVENTS, SITE_DAYS, run_suite
from orchestration.lib.run import RunReport, run_build
from tests.ingestion.landed import Landed
from tests.stack import Stack, spare_unit_tests


@pytest.fixture(scope="module")
def built(stack: Stack) -> RunReport:
    """The first run, after 20 events and 2 rejected ones were landed. Unit tests passed before it."""
    with stack.client() as client:
        spare_unit_tests(stack.home, client)
    Landed(stack.home).land(20, rejected=2)
    return run_build(lambda _: None)


@pytest.fixture
def client(stack: Stack) -> Iterator[Warehouse]:
    with stack.client() as opened:
        yield opened


def unit_tests_run(stack: Stack) -> set[str]:
    """Unit tests that the last build ran, as dbt's log says."""
    *_, last = (stack.home.dbt_dir / "logs" / "dbt.log").read_text().split("Running with dbt=")
    assert "Began running node model." in last
    return set(re.findall(r"Began running node (unit_test\.\S+)", last))


def contents(client: Warehouse) -> dict[str, tuple[int, int]]:
    """Rows and a hash of the rows, of every table below the raw ones."""
    # A build's own marks of how far it came are no model's rows.
    tables = client.rows(
        "SELECT database, name FROM system.tables WHERE database IN ('staging', 'marts')"
        " AND name != 'build_watermarks' AND NOT endsWith(name, '__changes')"
    )
    found = {}
    for table in tables:
        name = f"{table['database']}.{table['name']}"
        [[rows, digest]] = client.query(f"SELECT count(), sum(cityHash64(*)) FROM {name}")[1]
        found[name] = (rows, digest)
    return found


def test_what_was_landed_is_in_the_marts_and_every_check_has_passed(built: RunReport, client: Warehouse) -> None:
    assert built.ok, built.failures
    assert built.failures == []
    assert (built.steps, built.checks_failed) == (3, 0)
    assert built.checks_passed > 40
    assert client.value("SELECT sum(events) FROM marts.rpt_site_daily") == 20
    assert client.query("SELECT sum(received), sum(rejected) FROM marts.rpt_ingestion_ledger")[1] == [(22, 2)]


def test_the_run_is_kept_in_the_homes_instance_with_rows_counted(built: RunReport, stack: Stack) -> None:
    with open_instance(stack.home) as instance:
        run = instance.get_run_by_id(built.run_id)
        assert run is not None
        assert (run.job_name, run.status) == ("build_warehouse", dg.DagsterRunStatus.SUCCESS)
        loaded = instance.get_latest_materialization_event(dg.AssetKey(["raw_events", "events"]))
        modelled = instance.get_latest_materialization_event(dg.AssetKey(["marts", "rpt_site_daily"]))
    assert loaded is not None
    assert loaded.asset_materialization is not None
    told = {name: value.value for name, value in loaded.asset_materialization.metadata.items()}
    assert (told["rows loaded"], told["segments"], told["dagster/row_count"]) == (20, 1, 20)
    assert told["load id"] != "nothing waited"
    assert modelled is not None
    assert modelled.asset_materialization is not None
    assert modelled.asset_materialization.metadata["dagster/row_count"].value == 1


def test_a_second_run_changes_nothing(built: RunReport, stack: Stack, client: Warehouse) -> None:
    before = contents(client)
    lines: list[str] = []
    again = run_build(lines.append)
    assert again.ok, again.failures
    assert contents(client) == before
    assert unit_tests_run(stack) == set(), "they passed with this project and this ClickHouse before"
    assert "building and testing models" in lines
    assert "made marts.rpt_site_daily, 1 rows" in lines


def test_great_expectations_are_met_and_a_broken_one_is_named(
    built: RunReport, stack: Stack, client: Warehouse
) -> None:
    met = run_suite(SITE_DAYS, stack.home, stack.warehouse)
    assert (met.passed, met.evaluated) == (True, 9)
    assert met.docs.is_relative_to(stack.home.home)
    assert met.docs.exists()
    client.command(
        "INSERT INTO raw_events.events (id, event, occurred_at, received_at, org_id, site_id, collector_id, sequence)"
        " SELECT generateUUIDv4(), 'tick', now() + INTERVAL 3 DAY, now(), 'org', 'site', 'nobody', 1"
        # 150 characters in 450 bytes are no fault.
        " UNION ALL SELECT generateUUIDv4(), repeat('日', 150), now(), now(), 'org', 'site', 'nobody', 2"
    )
    try:
        broken = run_suite(EVENTS, stack.home, stack.warehouse)
    finally:
        client.command("DELETE FROM raw_events.events WHERE collector_id = 'nobody'")
    assert broken.failures == ("no event happened more than a day after it was received: not so in 1 rows",)


def test_the_raw_assets_wait_for_the_load_that_the_loader_is_doing(built: RunReport, stack: Stack) -> None:
    from orchestration.defs.ingestion.assets import raw_tables

    done = threading.Event()
    results: list[bool] = []

    def materialize() -> None:
        results.append(dg.materialize([raw_tables]).success)
        done.set()

    thread = threading.Thread(target=materialize)
    with load_lock(stack.home, wait_seconds=0):
        thread.start()
        assert not done.wait(3)
    assert done.wait(30)
    thread.join()
    assert results == [True]


def test_a_failed_test_is_named_and_what_comes_after_its_model_is_not_built(
    built: RunReport, stack: Stack, client: Warehouse
) -> None:
    stamp = stack.home.dbt_dir / "unit_tests_passed"
    stamp.unlink()
    client.command("INSERT INTO raw_events.landing_segments SELECT 'liar', 1, 5, 5, 0, now(), now() FROM system.one")
    try:
        report = run_build(lambda _: None)
    finally:
        client.command("DELETE FROM raw_events.landing_segments WHERE collector_id = 'liar'")
    assert not report.ok
    assert report.checks_failed == 1
    [failure] = report.failures
    assert failure.startswith(
        "check staging.stg_events__receipts assert_receipts_are_what_the_collectors_wrote: finds 1"
    )
    assert failure.endswith("assert_receipts_are_what_the_collectors_wrote.sql")
    with open_instance(stack.home) as instance:
        made = {
            event.dagster_event.asset_key.path[-1]
            for event in instance.all_logs(report.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
            if event.dagster_event and event.dagster_event.asset_key
        }
    assert "stg_events__receipts" in made
    assert not {"fct_sessions", "rpt_site_daily", "rpt_daily_usage"} & made
    assert unit_tests_run(stack), "nothing said that they had passed"
    assert not stamp.exists()


def test_a_warehouse_that_is_away_is_one_line(
    parsed_home: HomeSettings, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(free_port))
    report = run_build(lambda _: None)
    assert not report.ok
    assert report.failures == [f"step dlt_load: no ClickHouse answers at http://127.0.0.1:{free_port}"]
