"""What decides a model's rows beside its data decides whether all of them are built again."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.services import PROJECT
from headwater.contracts.definition import EventMatch, Funnel, FunnelStep
from headwater.warehouse.client import Warehouse
from tests.dbt_project.journeys import encode
from tests.dbt_project.project import SMALL_SCALE, Project, warehouse


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    # One for all: dbt remembers for the life of a process which databases it has made.
    with warehouse(tmp_path_factory.mktemp("warehouse")) as client:
        yield client


@pytest.fixture(scope="module")
def project(partial_parse: Path) -> Project:
    """The dbt project as it is."""
    return Project(PROJECT / "dbt_project", partial_parse, SMALL_SCALE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the dbt project."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", folder, ignore=shutil.ignore_patterns("target", "logs"))
    return folder


def rebuilds(client: Warehouse) -> dict[str, int]:
    """By model the position of the last build of everything."""
    rows = client.rows("SELECT model, max(rebuilt_at) AS rebuilt_at FROM staging.build_watermarks GROUP BY model")
    return {row["model"]: row["rebuilt_at"] for row in rows}


def watermarks(client: Warehouse) -> dict[str, dict[str, Any]]:
    """By model what the last build says."""
    return {row["model"]: row for row in client.rows("SELECT * FROM staging.build_watermarks FINAL")}


def rebuilt_since(client: Warehouse, before: dict[str, int]) -> set[str]:
    """Models that were built in whole after ``before``, what `rebuilds` gave."""
    return {model for model, position in rebuilds(client).items() if position != before.get(model)}


def test_a_changed_macro_builds_what_calls_it_in_whole_and_nothing_else(
    client: Warehouse, project: Project, folder: Path, partial_parse: Path
) -> None:
    models = ("--select", "+int_visitors_resolved", "int_visitors_first_seen")
    project.dbt("run", *models)
    before = rebuilds(client)
    project.dbt("run", *models)
    assert rebuilds(client) == before

    macro = folder / "macros" / "product" / "person_id.sql"
    macro.write_text(macro.read_text().replace("'visitor'", "'device'"))
    Project(folder, partial_parse, SMALL_SCALE).dbt("run", *models)
    assert rebuilt_since(client, before) == {"int_visitors_resolved"}


def test_another_variable_or_seed_builds_what_depends_on_it_in_whole(
    client: Warehouse, project: Project, folder: Path, partial_parse: Path
) -> None:
    models = ("--select", "+int_sessions_channeled", "+int_clicks_judged")
    project.dbt("seed")
    project.dbt("run", *models)
    before = rebuilds(client)
    project.dbt("run", *models, "int_visitors_resolved", dead_click_ms=2000, rows_per_batch=1000)
    assert rebuilt_since(client, before) == {"int_clicks_judged", "int_visitors_resolved"}

    seed = folder / "seeds" / "traffic_sources.csv"
    seed.write_text("\n".join(seed.read_text().splitlines()[:-1]) + "\n")
    changed = Project(folder, partial_parse, SMALL_SCALE)
    changed.dbt("seed")
    before = rebuilds(client)
    changed.dbt("run", *models, "int_visitors_resolved", dead_click_ms=2000)
    assert rebuilt_since(client, before) == {"int_sessions_channeled"}


def test_a_table_may_lose_all_its_rows_at_once(client: Warehouse, project: Project) -> None:
    models = ("--select", "stg_stripe__connections", "stg_stripe__events", "stg_stripe__refunds")
    client.command("INSERT INTO raw_control.stripe_connections VALUES ('shop', 'acme', true, now64(3))")
    client.command(
        "INSERT INTO raw_stripe.refunds (org_id, site_id, livemode, id, created, version_at, is_deleted, object)"
        " VALUES ('acme', 'shop', true, 're_1', now64(3), now64(3), false, '{\"created\": 1800000000}')"
    )
    project.dbt("run", *models)
    assert client.value("SELECT count() FROM staging.stg_stripe__refunds") == 1
    before = rebuilds(client)

    client.command("TRUNCATE TABLE raw_control.stripe_connections")
    project.dbt("run", *models)
    assert client.value("SELECT count() FROM staging.stg_stripe__refunds") == 0
    assert rebuilds(client) == before


def test_rows_that_were_built_in_are_looked_at_again_only_when_others_came(client: Warehouse, project: Project) -> None:
    models = ("--select", "stg_stripe__connections", "stg_stripe__events", "stg_stripe__payouts")
    client.command("INSERT INTO raw_control.stripe_connections VALUES ('desk', 'acme', true, now64(3))")
    load = (
        "INSERT INTO raw_stripe.payouts"
        " (org_id, site_id, livemode, id, created, version_at, is_deleted, object, loaded_at)"
        " VALUES ('acme', 'desk', true, '{}', now64(3), now64(3), false, '{{\"created\": 1800000000}}', {})"
    )
    client.command(load.format("po_a", "now64(3)"))
    project.dbt("run", *models)
    project.dbt("run", *models)
    assert looked_at(client, "stg_stripe__payouts") == 0

    # One that was loaded before the last one and became visible after it was built in.
    client.command(load.format("po_b", "now64(3) - INTERVAL 10 MINUTE"))
    project.dbt("run", *models)
    assert looked_at(client, "stg_stripe__payouts") == 2
    assert client.value(
        "SELECT arraySort(groupArray(payout_id)) FROM staging.stg_stripe__payouts WHERE site_id = 'desk'"
    ) == [
        "po_a",
        "po_b",
    ]
    project.dbt("run", *models)
    assert looked_at(client, "stg_stripe__payouts") == 2


def test_a_model_whose_inputs_are_as_they_were_is_left_alone(client: Warehouse, project: Project) -> None:
    models = ("--select", "+int_visitors_resolved")
    land_event(client, "loner", "ann")
    project.dbt("run", *models)
    before = watermarks(client)
    results = project.dbt("run", *models)
    assert watermarks(client) == before
    stored = {result.node.name: result for result in results if result.node.config.materialized == "partitions"}
    assert {result.adapter_response["_message"] for result in stored.values()} == {"IDLE"}

    # Once a day it says that it is up to date: whoever says nothing for a month is built in whole.
    client.command(
        "ALTER TABLE staging.build_watermarks UPDATE built_at = built_at - INTERVAL 25 HOUR WHERE true"
        " SETTINGS mutations_sync = 2"
    )
    project.dbt("run", *models)
    for name, after in watermarks(client).items():
        assert {**after, "built_at": None} == {**before[name], "built_at": None}
        assert (after["built_at"] > before[name]["built_at"]) == (name in stored)


def test_what_a_build_changed_before_it_was_cut_off_is_built_in_further_down(
    client: Warehouse, project: Project
) -> None:
    models = ("--select", "+int_visitors_resolved")
    land_event(client, "nomad", "ann")
    project.dbt("run", *models)
    client.command("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM staging.build_watermarks FINAL")
    land_event(client, "nomad", "bob")
    project.dbt("run", "--select", "stg_events__receipts")
    # Its rows are in place, and nothing says so.
    client.command("TRUNCATE TABLE staging.build_watermarks")
    client.command("INSERT INTO staging.build_watermarks SELECT * FROM kept")
    project.dbt("run", *models)
    names = "SELECT user_id FROM intermediate.int_visitors_resolved WHERE visitor_id = 'nomad'"
    assert client.rows(names) == [{"user_id": "bob"}]


def test_people_counted_by_a_build_that_was_cut_off_are_not_counted_twice(client: Warehouse, project: Project) -> None:
    models = ("--select", "+rpt_retention_cohorts")
    counts = (
        "SELECT sum(people) AS people, sum(retained) AS retained FROM marts.rpt_retention_cohorts"
        " WHERE grain = 'month' AND breakdown = 'source' AND period = 0"
    )
    land_event(client, "guest", "mia")
    project.dbt("run", *models)
    (before,) = client.rows(counts)
    client.command("CREATE TABLE cut_off ENGINE = Memory AS SELECT * FROM staging.build_watermarks FINAL")
    built = rebuilds(client)
    land_event(client, "lodger", "tom")
    project.dbt("run", *models)
    (after,) = client.rows(counts)
    assert after == {"people": before["people"] + 1, "retained": before["retained"] + 1}
    # The sums are in place, and nothing says so.
    client.command("TRUNCATE TABLE staging.build_watermarks")
    client.command("INSERT INTO staging.build_watermarks SELECT * FROM cut_off")
    project.dbt("run", *models)
    assert rebuilds(client) == built
    assert client.rows(counts) == [after]


def test_a_report_without_a_scope_is_made_anew_if_an_input_has_news_and_only_then(
    client: Warehouse, project: Project
) -> None:
    funnel = Funnel(steps=(FunnelStep("in", EventMatch("tick")), FunnelStep("out", EventMatch("tock"))))
    definition = {"id": "f", "org_id": "acme", "site_id": "hall", "name": "f", "definition": encode(funnel)}
    client.command(f"INSERT INTO raw_control.funnels FORMAT JSONEachRow {json.dumps(definition)}")
    models = ("--select", "+rpt_funnel_detours")
    table = "SELECT uuid FROM system.tables WHERE database = 'marts' AND name = 'rpt_funnel_detours'"
    attempts = "SELECT attempts FROM marts.rpt_funnel_detours WHERE site_id = 'hall' AND path = '/exit'"
    stray(client, "walker")
    project.dbt("run", *models)
    made, counted, before = client.value(table), client.value(attempts), rebuilds(client)
    assert counted == 1
    project.dbt("run", *models)
    assert client.value(table) == made

    stray(client, "stroller")
    project.dbt("run", *models)
    assert client.value(table) != made
    assert client.value(attempts) == counted + 1
    assert rebuilds(client) == before


def stray(client: Warehouse, visitor_id: str) -> None:
    """Land a visitor who enters the funnel and looks at a page instead of going on."""
    client.command(
        "INSERT INTO raw_events.events"
        " (id, event, path, occurred_at, received_at, org_id, site_id, visitor_id, collector_id, sequence)"
        " SELECT generateUUIDv4(), event, '/exit', now64(3) + interval number second, now64(3), 'acme', 'hall',"
        f" '{visitor_id}', generateUUIDv4(), number"
        " FROM (SELECT number, ['tick', 'page_view'][number + 1] AS event FROM numbers(2))"
    )


def land_event(client: Warehouse, visitor_id: str, user_id: str) -> None:
    client.command(
        "INSERT INTO raw_events.events"
        " (id, event, occurred_at, received_at, org_id, site_id, visitor_id, user_id, collector_id, sequence)"
        " SELECT generateUUIDv4(), 'tick', now64(3), now64(3), 'acme', 'desk',"
        f" '{visitor_id}', '{user_id}', generateUUIDv4(), 1"
    )


def looked_at(client: Warehouse, model: str) -> int:
    """How many rows all builds of a model had in their scopes."""
    client.command("SYSTEM FLUSH LOGS")
    rows: int = client.value(
        "SELECT sum(written_rows) FROM system.query_log WHERE type = 'QueryFinish'"
        " AND query_kind = 'Create' AND position(query, {created:String}) > 0",
        {"created": f"create or replace table staging.{model}__scope "},
    )
    return rows
