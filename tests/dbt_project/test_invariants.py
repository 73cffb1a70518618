"""Numbers that agree: each check of the wider marts fails when one row of them is wrong."""

import json

import pytest

from tests.dbt_project.conftest import Models

pytestmark = pytest.mark.xdist_group("walks")

WRONG_ROWS = {
    "assert_sessions_by_channel_are_the_sessions": ("marts.rpt_source_daily", "sessions"),
    "assert_credits_are_the_conversions": ("marts.rpt_attribution_daily", "credit"),
    "assert_funnels_begin_with_the_people_of_the_first_step": ("marts.fct_funnel_progress", "attempt"),
    "assert_page_views_are_the_same_everywhere": ("marts.rpt_page_daily", "page_views"),
    "assert_hourly_usage_is_daily_usage": ("marts.rpt_hourly_usage", "events"),
}


def test_every_invariant_of_the_wider_marts_fails_when_its_numbers_disagree(walks: Models) -> None:
    for table, column in WRONG_ROWS.values():
        walks.client.command(f"INSERT INTO {table} (org_id, {column}) VALUES ('wrong', 1)")
    try:
        assert walks.dbt("test", "--select", *WRONG_ROWS).returncode == 1
    finally:
        for table, _ in WRONG_ROWS.values():
            walks.client.command(f"ALTER TABLE {table} DELETE WHERE org_id = 'wrong' SETTINGS mutations_sync = 2")
    results = json.loads((walks.target / "run_results.json").read_text())["results"]
    outcomes = {result["unique_id"].split(".")[2]: result["status"] for result in results}
    assert dict.fromkeys(WRONG_ROWS, "fail").items() <= outcomes.items()
