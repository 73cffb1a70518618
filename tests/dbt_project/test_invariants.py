"""Numbers that agree: each check holds on the walks, and finds any one row that is wrong."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.dbt_project.conftest import Models, parse_project
from tests.dbt_project.journeys import ORG

pytestmark = pytest.mark.xdist_group("walks")

DAY = "2026-03-05"
WRONG_ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ingestion_ledger_closes", "marts.rpt_ingestion_ledger", {"received": 1}),
    ("ingestion_ledger_closes", "marts.rpt_ingestion_ledger", {"duplicates": 1}),
    ("receipts_are_what_the_collectors_wrote", "staging.stg_events__landing_segments", {"events": 1}),
    ("usage_is_the_counted_events", "marts.rpt_ingestion_ledger", {"received": 1, "counted": 1}),
    ("usage_is_the_counted_events", "marts.rpt_daily_usage", {"events": 1}),
    ("events_of_the_day_are_the_events", "marts.rpt_site_daily", {"events": 1}),
    ("events_of_the_day_are_the_events", "marts.rpt_site_daily", {"page_views": 1}),
    ("events_of_the_day_are_the_events", "marts.rpt_site_daily", {"bot_events": 1}),
    ("events_of_the_day_are_the_events", "marts.fct_sessions", {"events": 1}),
    ("sessions_of_the_day_are_the_sessions", "marts.fct_sessions", {"visitor_id": "wrong"}),
    ("sessions_of_the_day_are_the_sessions", "marts.rpt_site_daily", {"sessions": 1}),
    ("sessions_of_the_day_are_the_sessions", "marts.rpt_site_daily", {"sessions": 0, "bounces": 1}),
    ("sessions_of_the_day_are_the_sessions", "marts.rpt_site_daily", {"bot_sessions": 1}),
    ("sessions_by_channel_are_the_sessions", "marts.rpt_source_daily", {"day": DAY, "sessions": 1}),
    ("sessions_by_channel_are_the_sessions", "marts.fct_sessions", {"day": DAY}),
    ("credits_are_the_conversions", "marts.rpt_attribution_daily", {"model": "linear", "credit": 1}),
    ("credits_are_the_conversions", "marts.rpt_attribution_daily", {"model": "linear", "value": 1}),
    ("credits_are_the_conversions", "marts.rpt_attribution_daily", {"model": "linear", "revenue": 1}),
    ("revenue_of_events_is_credited_once", "marts.rpt_attribution_daily", {"model": "linear", "revenue": 1}),
    ("funnels_begin_with_the_people_of_the_first_step", "marts.fct_funnel_progress", {"attempt": 1}),
    ("page_views_are_the_same_everywhere", "marts.rpt_site_daily", {"day": DAY, "page_views": 1}),
    ("page_views_are_the_same_everywhere", "marts.rpt_page_daily", {"day": DAY, "page_views": 1}),
    ("page_views_are_the_same_everywhere", "marts.fct_pageviews", {"day": DAY}),
    ("page_views_are_the_same_everywhere", "marts.fct_pageviews", {"day": DAY, "visitor_id": "wrong"}),
    ("page_views_are_the_same_everywhere", "marts.fct_sessions", {"page_views": 1}),
    ("page_views_are_the_same_everywhere", "marts.rpt_device_daily", {"page_views": 1}),
    ("page_views_are_the_same_everywhere", "marts.rpt_location_daily", {"page_views": 1}),
    ("hourly_usage_is_daily_usage", "marts.rpt_hourly_usage", {"events": 1}),
    ("hourly_usage_is_daily_usage", "marts.rpt_hourly_usage", {"quantity": 1}),
    ("hourly_usage_is_daily_usage", "marts.rpt_daily_usage", {"quantity": 1}),
    ("moves_of_the_grid_are_the_moves", "marts.rpt_move_grid_daily", {"day": DAY, "moves": 1}),
    ("moves_of_the_grid_are_the_moves", "marts.rpt_daily_usage", {"metric": "move", "events": 1}),
    ("content_revenue_is_that_of_the_events", "marts.rpt_content_revenue_daily", {"day": DAY, "revenue": 1}),
    ("content_revenue_is_that_of_the_events", "marts.rpt_content_revenue_daily", {"day": DAY, "purchases": 1}),
    ("content_revenue_is_that_of_the_events", "marts.fct_revenue_events", {"day": DAY, "content_id": "a"}),
    ("quotas_are_the_usage", "marts.rpt_quota_status", {"used": 1}),
    ("quotas_are_the_usage", "marts.rpt_daily_usage", {"org_id": ORG, "metric": "click", "day": DAY, "quantity": 1}),
    ("quotas_are_the_usage", "marts.rpt_daily_usage", {"org_id": ORG, "metric": "export", "events": 1}),
    ("segment_days_are_their_peoples", "marts.rpt_segment_daily", {"sessions": 1}),
    ("segment_days_are_their_peoples", "marts.rpt_segment_daily", {"page_views": 1}),
    ("segment_days_are_their_peoples", "marts.rpt_segment_daily", {"goal_completions": 1}),
    ("segment_days_are_their_peoples", "marts.fct_segment_members", {"segment_id": "wrong"}),
)


@pytest.mark.parametrize(("check", "table", "wrong"), WRONG_ROWS)
def test_a_wrong_row_is_found(walks: Models, check: str, table: str, wrong: dict[str, Any]) -> None:
    assert findings(walks, check) == 0
    with row_in(walks, table, wrong):
        assert findings(walks, check) > 0
    assert findings(walks, check) == 0


def test_a_conversion_without_credits_is_found(walks: Models) -> None:
    table = "marts.fct_goal_completions"
    with inserted(walks, table, f"SELECT * REPLACE ('wrong' AS currency) FROM {table} LIMIT 1"):
        assert findings(walks, "credits_are_the_conversions") > 0
    assert findings(walks, "credits_are_the_conversions") == 0


def test_revenue_without_credits_is_found(walks: Models) -> None:
    table = "marts.fct_revenue_events"
    with inserted(walks, table, f"SELECT * REPLACE ('wrong' AS currency) FROM {table} LIMIT 1"):
        assert findings(walks, "credits_are_the_conversions") > 0
    assert findings(walks, "credits_are_the_conversions") == 0


def test_revenue_that_no_conversion_brings_and_revenue_that_two_bring_is_found(walks: Models) -> None:
    table = "staging.stg_events__receipts"
    carried = "event = 'purchase' AND JSONExtractInt(properties, 'amount') > 0 AND NOT is_bot AND NOT is_duplicate"
    with inserted(walks, table, f"SELECT * FROM {table} WHERE {carried} LIMIT 1"):
        assert findings(walks, "revenue_of_events_is_credited_once") > 0
    report = "marts.rpt_attribution_daily"
    with inserted(walks, report, f"SELECT * FROM {report} WHERE revenue > 0 LIMIT 1"):
        assert findings(walks, "revenue_of_events_is_credited_once") > 0
    assert findings(walks, "revenue_of_events_is_credited_once") == 0


def test_a_person_of_the_first_step_who_is_in_no_funnel_is_found(walks: Models) -> None:
    table, aside = "marts.fct_funnel_progress", "marts.set_aside"
    whose = "(org_id, site_id, funnel_id, person_id)"
    anyone = f"(SELECT {whose} FROM {table} LIMIT 1)"
    walks.client.command(f"CREATE TABLE {aside} ENGINE = Memory AS SELECT * FROM {table} WHERE {whose} = {anyone}")
    try:
        taken = f"(SELECT any({whose}) FROM {aside})"
        walks.client.command(f"ALTER TABLE {table} DELETE WHERE {whose} = {taken} SETTINGS mutations_sync = 2")
        assert findings(walks, "funnels_begin_with_the_people_of_the_first_step") == 1
    finally:
        walks.client.command(f"INSERT INTO {table} SELECT * FROM {aside}")
        walks.client.command(f"DROP TABLE {aside}")


OF_STRIPE = {
    "assert_amounts_have_a_rate",
    "assert_attributed_revenue_is_the_revenue",
    "assert_mrr_movements_are_the_subscriptions",
    "assert_revenue_reconciles_with_stripe",
    "assert_subscriptions_are_priced",
}
"""Checks of what no journey has: the tests of revenue make them fail."""


def test_dbt_documents_every_model_that_is_built(walks: Models) -> None:
    done = walks.dbt("docs", "generate")
    assert done.returncode == 0, done.stdout
    catalog = json.loads((walks.target / "catalog.json").read_text())
    assert not catalog["errors"]
    models = {name for name, node in parse_project().nodes.items() if node.resource_type in ("model", "seed")}
    assert set(catalog["nodes"]) == models


def test_every_check_is_blocking_and_known_to_fail(walks: Models) -> None:
    checks = [
        node
        for node in parse_project().nodes.values()
        if node.resource_type == "test" and not hasattr(node, "test_metadata") and node.name not in OF_STRIPE
    ]
    assert {check.config.severity.lower() for check in checks} == {"error"}
    assert {check.name for check in checks} == {f"assert_{check}" for check, _, _ in WRONG_ROWS}


def findings(walks: Models, check: str) -> int:
    """Rows that a check finds."""
    sql = (walks.target / "compiled" / "headwater" / "tests" / f"assert_{check}.sql").read_text()
    return int(walks.client.value(f"SELECT count() FROM ({sql})"))


def row_in(walks: Models, table: str, values: dict[str, Any]) -> AbstractContextManager[None]:
    """A row that no event is behind, for the time of the context."""
    owner = "collector_id" if table.startswith("staging.") else "org_id"
    return inserted(walks, table, f"FORMAT JSONEachRow {json.dumps({owner: 'wrong'} | values)}")


@contextmanager
def inserted(walks: Models, table: str, rows: str) -> Iterator[None]:
    """Rows for the time of the context, as parts that are dropped again: a mutation would take half a minute."""
    parts = f"SELECT name FROM system.parts WHERE active AND concat(database, '.', table) = '{table}'"
    walks.client.command(f"SYSTEM STOP MERGES {table}")
    before = walks.client.query(parts)[1]
    walks.client.command(f"INSERT INTO {table} {rows}")
    try:
        yield
    finally:
        for (part,) in set(walks.client.query(parts)[1]) - set(before):
            walks.client.command(f"ALTER TABLE {table} DROP PART '{part}'")
        walks.client.command(f"SYSTEM START MERGES {table}")
