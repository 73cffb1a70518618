"""What decides a model's rows beside its data decides whether all of them are built again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.services import PROJECT
from headwater.warehouse.client import Warehouse
from tests.dbt_project.project import FEW_DAYS, Project, warehouse


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    # One for all: dbt remembers for the life of a process which databases it has made.
    with warehouse(tmp_path_factory.mktemp("warehouse")) as client:
        yield client


@pytest.fixture(scope="module")
def project(partial_parse: Path) -> Project:
    """The dbt project as it is."""
    return Project(PROJECT / "dbt_project", partial_parse, FEW_DAYS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the dbt project."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", folder, ignore=shutil.ignore_patterns("target", "logs"))
    return folder


def rebuilt_last(client: Warehouse) -> set[str]:
    """Models of which the last build was one of everything."""
    rows = client.rows(
        "SELECT model FROM staging.build_watermarks GROUP BY model"
        " HAVING argMax(rebuilt_at, (position, built_at)) = max(position)"
    )
    return {row["model"] for row in rows}


def test_a_changed_macro_builds_what_calls_it_in_whole_and_nothing_else(
    client: Warehouse, project: Project, folder: Path, partial_parse: Path
) -> None:
    models = ("--select", "+int_visitors_resolved", "int_visitors_first_seen")
    project.dbt("run", *models)
    project.dbt("run", *models)
    assert not rebuilt_last(client)

    macro = folder / "macros" / "person_id.sql"
    macro.write_text(macro.read_text().replace("'visitor'", "'device'"))
    Project(folder, partial_parse, FEW_DAYS).dbt("run", *models)
    assert rebuilt_last(client) == {"int_visitors_resolved"}


def test_another_variable_or_seed_builds_what_depends_on_it_in_whole(
    client: Warehouse, project: Project, folder: Path, partial_parse: Path
) -> None:
    models = ("--select", "+int_sessions_channeled", "+int_clicks_judged")
    project.dbt("seed")
    project.dbt("run", *models)
    project.dbt("run", *models, "int_visitors_resolved", dead_click_ms=2000, rows_per_batch=1000)
    assert rebuilt_last(client) == {"int_clicks_judged", "int_visitors_resolved"}

    seed = folder / "seeds" / "traffic_sources.csv"
    seed.write_text("\n".join(seed.read_text().splitlines()[:-1]) + "\n")
    changed = Project(folder, partial_parse, FEW_DAYS)
    changed.dbt("seed")
    changed.dbt("run", *models, "int_visitors_resolved", dead_click_ms=2000)
    assert rebuilt_last(client) == {"int_sessions_channeled"}


def test_a_table_may_lose_all_its_rows_at_once(client: Warehouse, project: Project) -> None:
    models = ("--select", "stg_stripe__connections", "stg_stripe__events", "stg_stripe__refunds")
    client.command("INSERT INTO raw_control.stripe_connections VALUES ('shop', 'acme', true, now64(3))")
    client.command(
        "INSERT INTO raw_stripe.refunds (org_id, site_id, livemode, id, created, version_at, is_deleted, object)"
        " VALUES ('acme', 'shop', true, 're_1', now64(3), now64(3), false, '{\"created\": 1800000000}')"
    )
    project.dbt("run", *models)
    assert client.value("SELECT count() FROM staging.stg_stripe__refunds") == 1

    client.command("TRUNCATE TABLE raw_control.stripe_connections")
    project.dbt("run", *models)
    assert client.value("SELECT count() FROM staging.stg_stripe__refunds") == 0
    assert not rebuilt_last(client) & {"stg_stripe__refunds"}


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
    assert last_scope(client, "stg_stripe__payouts") == 0

    # One that was loaded before the last one and became visible after it was built in.
    client.command(load.format("po_b", "now64(3) - INTERVAL 10 MINUTE"))
    project.dbt("run", *models)
    assert last_scope(client, "stg_stripe__payouts") == 2
    assert client.value(
        "SELECT arraySort(groupArray(payout_id)) FROM staging.stg_stripe__payouts WHERE site_id = 'desk'"
    ) == [
        "po_a",
        "po_b",
    ]
    project.dbt("run", *models)
    assert last_scope(client, "stg_stripe__payouts") == 0


def last_scope(client: Warehouse, model: str) -> int:
    """How much the last build of a model had to look at."""
    client.command("SYSTEM FLUSH LOGS")
    rows: int = client.value(
        "SELECT argMax(written_rows, event_time_microseconds) FROM system.query_log WHERE type = 'QueryFinish'"
        " AND query_kind = 'Create' AND has(tables, {scope:String})",
        {"scope": f"staging.{model}__scope"},
    )
    return rows
