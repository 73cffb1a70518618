"""Every metric of the semantic layer, compiled as the API compiles it and asked of marts that hold something."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from api.metrics.catalogue import GRAINS, Catalogue, Metric, read_catalogue
from api.metrics.compiler import Scope, compile_query
from cli.services import PROJECT
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models

pytestmark = pytest.mark.xdist_group("walks")

CATALOGUE: Catalogue = read_catalogue(PROJECT / "dbt_project" / "models")
BY_MODEL: defaultdict[str, list[Metric]] = defaultdict(list)
for metric in CATALOGUE:
    BY_MODEL[metric.model.name].append(metric)

SITES = [journeys.make_site(seed)[0] for seed in journeys.SEEDS]

OF_THE_MARTS = {
    "weekly_retention_rate": (
        ("cohort_id", "period"),
        "SELECT cohort_id, toString(period), sum(retained) / sum(people) FROM marts.rpt_retention_cohorts"
        " WHERE grain = 'week' AND breakdown = '' AND {site} GROUP BY 1, 2",
    ),
    "monthly_retention_or_later_rate": (
        ("cohort_id", "period"),
        "SELECT cohort_id, toString(period), sum(retained_or_later) / sum(people) FROM marts.rpt_retention_cohorts"
        " WHERE grain = 'month' AND breakdown = '' AND {site} GROUP BY 1, 2",
    ),
    "daily_retention_rate_by_breakdown": (
        ("cohort_id", "breakdown", "breakdown_value", "period"),
        "SELECT cohort_id, breakdown, breakdown_value, toString(period), sum(retained) / sum(people)"
        " FROM marts.rpt_retention_cohorts WHERE grain = 'day' AND breakdown != '' AND {site} GROUP BY 1, 2, 3, 4",
    ),
    "path_transitions": (
        ("step", "from_path", "to_path"),
        "SELECT toString(step), from_path, to_path, sum(sessions) FROM marts.rpt_path_transitions"
        " WHERE NOT is_exit AND {site} GROUP BY 1, 2, 3",
    ),
    "path_starts": (
        (),
        "SELECT count() FROM marts.fct_sessions WHERE NOT is_bot AND page_views > 0 AND {site}",
    ),
    "session_conversion_rate": (
        ("channel",),
        "SELECT channel, countIf(notEmpty(goals)) / count() FROM marts.fct_sessions"
        " WHERE NOT is_bot AND {site} GROUP BY 1",
    ),
    "visitor_conversion_rate": (
        ("channel",),
        "SELECT channel, uniqExactIf(visitor_id, notEmpty(goals)) / uniqExact(visitor_id) FROM marts.fct_sessions"
        " WHERE NOT is_bot AND {site} GROUP BY 1",
    ),
    "scroll_reach_75": (
        ("path", "device_type"),
        "SELECT path, device_type, countIf(scroll_depth >= 75) / count() FROM marts.fct_pageviews"
        " WHERE NOT is_bot AND visitor_id != '' AND {site} GROUP BY 1, 2",
    ),
    "average_scroll_depth": (
        (),
        "SELECT avg(scroll_depth) FROM marts.fct_pageviews WHERE NOT is_bot AND visitor_id != '' AND {site}",
    ),
    "event_revenue": (
        ("event", "currency"),
        "SELECT event, JSONExtractString(properties, 'currency') AS currency, sum(JSONExtractInt(properties, 'amount'))"
        " FROM staging.stg_events__events WHERE event = 'purchase' AND NOT is_bot AND currency != ''"
        " AND JSONExtractInt(properties, 'amount') <= 1000000000000 AND {site} GROUP BY 1, 2",
    ),
    "content_revenue": (
        ("content_id", "currency"),
        "SELECT JSONExtractString(properties, 'content_id') AS item,"
        " JSONExtractString(properties, 'currency') AS money, sum(JSONExtractInt(properties, 'amount'))"
        " FROM staging.stg_events__events WHERE event = 'purchase' AND NOT is_bot AND item != '' AND money != ''"
        " AND JSONExtractInt(properties, 'amount') <= 1000000000000 AND {site} GROUP BY 1, 2",
    ),
    "content_revenue_per_item": (
        ("currency",),
        "SELECT currency, sum(amount) / uniqExact(content_id) FROM marts.fct_revenue_events"
        " WHERE content_id != '' AND {site} GROUP BY 1",
    ),
    "content_revenue_per_creator": (
        (),
        "SELECT sumIf(revenue, creator_id != '') / greatest(uniqExactIf(creator_id, creator_id != ''), 1)"
        " FROM marts.rpt_content_revenue_daily WHERE {site}",
    ),
    "attention_milliseconds": (
        ("path", "band"),
        "SELECT path, toString(intDiv(toUInt32(JSONExtractFloat(properties, 'y')), 100)),"
        " sum(least(JSONExtractInt(properties, 'duration_ms'), 3600000)) FROM staging.stg_events__events"
        " WHERE event = 'attention' AND NOT is_bot AND JSONExtractInt(properties, 'duration_ms') > 0 AND {site}"
        " GROUP BY 1, 2",
    ),
    "event_revenue_position_based": (
        ("conversion_kind", "currency"),
        "SELECT 'goal', currency, 0 FROM marts.fct_goal_completions WHERE {site} GROUP BY currency UNION ALL"
        " SELECT 'revenue', currency, sum(amount) FROM marts.fct_revenue_events WHERE {site} GROUP BY currency",
    ),
    "conversions_linear": (
        ("conversion_kind",),
        "SELECT 'goal', count() FROM marts.fct_goal_completions WHERE {site} HAVING count() > 0 UNION ALL"
        " SELECT 'revenue', count() FROM marts.fct_revenue_events WHERE {site} HAVING count() > 0",
    ),
    "funnel_step_conversion_rate": (
        ("funnel_id", "step"),
        "SELECT funnel_id, toString(step), if(sum(attempts_before) = 0, 0, sum(attempts) / sum(attempts_before))"
        " FROM marts.rpt_funnel_daily WHERE {site} GROUP BY 1, 2",
    ),
    "funnel_step_drop_offs": (
        ("funnel_id", "step_name"),
        "SELECT funnel_id, step_name, sum(dropped_off) FROM marts.rpt_funnel_daily WHERE {site} GROUP BY 1, 2",
    ),
    "job_failure_rate": (
        ("calendar_hour",),
        "SELECT concat(toString(toDate(occurred_at)), 'T', leftPad(toString(toHour(occurred_at)), 2, '0'), ':00:00Z'),"
        " countIf(event = 'job.failed') / count() FROM staging.stg_events__events"
        " WHERE startsWith(event, 'job.') AND NOT is_bot AND {site} GROUP BY 1",
    ),
    "average_job_wait_milliseconds": (
        (),
        "SELECT if(count() = 0, 0, 3) FROM staging.stg_events__events"
        " WHERE startsWith(event, 'job.') AND NOT is_bot AND {site}",
    ),
    "hourly_usage_events": (
        ("metric", "hour_of_day"),
        "SELECT event, toHour(occurred_at), count() FROM staging.stg_events__events WHERE NOT is_bot GROUP BY 1, 2",
    ),
}
"""By metric, what it is grouped by, and the same numbers read without it."""


@pytest.mark.parametrize("model", sorted(BY_MODEL))
def test_every_metric_counts_something_and_can_be_grouped_by_each_dimension(walks: Models, model: str) -> None:
    metrics = BY_MODEL[model]
    totals = [ask(walks, metrics, site)[0] for site in SITES]
    # Before all days nothing was earned that could be lost: what is open at the start of a window needs another.
    since = [date(2025, month, 1) for month in (3, 4, 5, 6)]
    later = [ask(walks, metrics, site, since=begin)[0] for site in SITES[:3] for begin in since]
    for metric in metrics:
        assert any(total[metric.name] for total in totals + later), metric.name
    for group in (*GRAINS, *metrics[0].model.dimensions):
        rows = ask(walks, metrics, SITES[0], group)
        for metric in metrics:
            if is_additive(metric):
                assert sum(row[metric.name] for row in rows) == totals[0][metric.name], (metric.name, group)


def is_additive(metric: Metric) -> bool:
    """Whether the groups' values add up to the whole: those of single days do not, even where a group ends early."""
    measure = metric.measure
    return measure is not None and measure.aggregation in ("sum", "sum_boolean") and not measure.window_choice


@pytest.mark.parametrize("name", OF_THE_MARTS)
def test_metrics_are_the_numbers_of_their_marts(walks: Models, name: str) -> None:
    groups, sql = OF_THE_MARTS[name]
    for site in SITES[:6]:
        found = {
            tuple(row[group] for group in groups): row[name] for row in ask(walks, [CATALOGUE[name]], site, *groups)
        }
        scope = f"org_id = '{journeys.ORG}' AND site_id = '{site}'"
        expected = {tuple(row[:-1]): row[-1] for row in walks.client.query(sql.replace("{site}", scope))[1]}
        assert found == pytest.approx(expected), site


def ask(
    walks: Models, metrics: list[Metric], site_id: str, *groups: str, since: date = date(1970, 1, 1)
) -> list[dict[str, Any]]:
    """Rows of metrics of one model, of a site and all days since one."""
    scope = Scope(journeys.ORG, site_id, since, date(2149, 1, 1))
    compiled = compile_query(CATALOGUE, metrics, scope, groups)
    return walks.client.rows(compiled.sql, compiled.arguments)
