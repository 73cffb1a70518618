"""Goals against an oracle that asks each event and each session by hand."""

from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.goals import Completion, count_completions

pytestmark = pytest.mark.xdist_group("walks")


def test_goals_reached_are_those_of_the_oracle(walks: Models) -> None:
    expected: list[dict[str, Any]] = [
        {
            "site_id": completion.site_id,
            "goal_id": completion.goal_id,
            "user_id": completion.owner[1] if completion.owner[0] == "user" else "",
            "visitor_id": completion.visitor_id,
            "completed_at": journeys.moment(completion.completed_ms),
            "day": journeys.local_day(completion.site_id, completion.completed_ms),
            "value": completion.value,
            "currency": completion.currency,
        }
        for completion in count_completions(journeys.all_events())
    ]
    assert {row["goal_id"] for row in expected} == journeys.GOALS.keys()
    found = walks.client.rows(
        f"SELECT {', '.join(expected[0])} FROM marts.fct_goal_completions"
        " INNER JOIN marts.dim_people USING (org_id, site_id, person_id)"
    )
    assert journeys.comparable(found) == journeys.comparable(expected)


def test_a_session_names_the_goals_that_were_reached_in_it(walks: Models) -> None:
    completions = count_completions(journeys.all_events())
    expected = [
        {
            "site_id": session.first.site_id,
            "visitor_id": session.first.visitor_id,
            "started_at": journeys.moment(session.first.occurred_ms),
            "is_bot": session.first.is_bot,
            "goals": sorted({goal.goal_id for goal in completions if _is_reached_in(session, goal)}),
        }
        for session in journeys.split_sessions(journeys.all_events())
    ]
    assert {goal for row in expected for goal in row["goals"]} == journeys.GOALS.keys()
    found = walks.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.fct_sessions")
    assert journeys.comparable(found) == journeys.comparable(expected)


def _is_reached_in(session: journeys.Session, goal: Completion) -> bool:
    first, last = session.first, session.last
    return (
        not first.is_bot
        and (first.site_id, first.visitor_id) == (goal.site_id, goal.visitor_id)
        and first.occurred_ms <= goal.completed_ms <= last.occurred_ms
    )
