"""People against an oracle: who each event belongs to, from all events, in whatever order they came."""

from collections import defaultdict
from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event

pytestmark = pytest.mark.xdist_group("walks")


def test_people_are_those_of_the_oracle(walks: Models) -> None:
    owners = journeys.resolve_people(journeys.all_events())
    histories: defaultdict[tuple[str, tuple[str, str]], list[Event]] = defaultdict(list)
    for event, owner in owners.items():
        histories[event.site_id, owner].append(event)
    sessions: defaultdict[tuple[str, tuple[str, str]], int] = defaultdict(int)
    for session in journeys.split_sessions(journeys.all_events()):
        if not session.first.is_bot:
            sessions[session.first.site_id, owners[session.first]] += 1
    expected: list[dict[str, Any]] = [
        {
            "site_id": site_id,
            "user_id": owner[1] if owner[0] == "user" else "",
            "is_known": owner[0] == "user",
            "visitors": len({event.visitor_id for event in history if event.visitor_id}),
            "sessions": sessions[site_id, owner],
            "events": len(history),
            "first_seen_at": journeys.moment(min(event.occurred_ms for event in history)),
            "last_seen_at": journeys.moment(max(event.occurred_ms for event in history)),
        }
        for (site_id, owner), history in histories.items()
    ]
    assert sum(row["visitors"] > 1 for row in expected) > 10
    assert any(not row["sessions"] for row in expected)
    found = walks.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.dim_people")
    assert journeys.comparable(found) == journeys.comparable(expected)


def test_a_person_is_one_on_every_device_and_server(walks: Models) -> None:
    split = walks.client.value(
        "SELECT count() FROM (SELECT user_id FROM marts.dim_people WHERE is_known"
        " GROUP BY user_id HAVING uniqExact(person_id) > 1)"
    )
    assert split == 0
