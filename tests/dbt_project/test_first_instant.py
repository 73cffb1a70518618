"""An event at the first instant of 1970, where a missing time lies too: its session is looked up like any other's."""

from uuid import UUID

from headwater.contracts.definition import EventMatch, Goal
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import HOUR_MS, Event

FOUND = """
    SELECT toString(event_id) AS event, session_id = toUUID('00000000-0000-0000-0000-000000000000') AS is_lost
    FROM marts.{} ORDER BY event
"""


def test_a_later_session_of_the_day_does_not_take_it_out_of_its_own(models: Models) -> None:
    goal = Goal(kind="event", match=EventMatch("page_view"))
    models.insert("raw_control.goals", journeys.definition_rows("shop", {"seen": goal}))
    assert models.dbt("seed").returncode == 0
    for number, occurred_ms in enumerate((0, 5 * HOUR_MS), start=1):
        view = Event("shop", UUID(int=number), "page_view", occurred_ms, "phone")
        models.insert("raw_events.events", [journeys.event_row(view, number)])
        done = models.dbt("run", "--select", "+fct_pageviews", "+fct_goal_completions")
        assert done.returncode == 0, done.stdout

    both = [{"event": str(UUID(int=number)), "is_lost": 0} for number in (1, 2)]
    assert models.client.rows(FOUND.format("fct_pageviews")) == both
    assert models.client.rows(FOUND.format("fct_goal_completions")) == both
