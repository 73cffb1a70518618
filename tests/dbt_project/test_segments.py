"""Segments against an oracle that asks each person each rule, by all of their events."""

import re
from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from headwater.contracts.definition import Behavior, Trait
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.goals import count_completions, fits
from tests.dbt_project.journeys import Event, Session
from tests.dbt_project.sources import describe

pytestmark = pytest.mark.xdist_group("walks")

NEVER = -1

Person = tuple[str, tuple[str, str]]
"""Site, and whom `journeys.resolve_people` names."""


@pytest.fixture(scope="module")
def members(known: dict[str, dict[str, str]]) -> dict[tuple[str, Person], int]:
    """By segment and person, since when they are in it."""
    histories: defaultdict[Person, list[Event]] = defaultdict(list)
    owners = journeys.resolve_people(journeys.all_events())
    for event, owner in owners.items():
        histories[event.site_id, owner].append(event)
    arrivals: dict[Person, Session] = {}
    sessions = [session for session in journeys.split_sessions(journeys.all_events()) if not session.first.is_bot]
    for session in sorted(sessions, key=lambda session: session.first.occurred_ms):
        arrivals.setdefault((session.first.site_id, owners[session.first]), session)
    found = {}
    for segment_id, segment in journeys.SEGMENTS.items():
        for person, history in histories.items():
            traits = read_traits(person, arrivals.get(person), known)
            since = [min(event.occurred_ms for event in history)]
            since += [holds_since(rule, history, traits) for rule in segment.rules]
            if NEVER not in since:
                found[segment_id, person] = max(since)
    return found


def read_traits(person: Person, first: Session | None, known: dict[str, dict[str, str]]) -> dict[str, str]:
    """What `Trait` may name, of somebody and their first session."""
    traits = {"is_known": "true" if person[1][0] == "user" else "false"}
    if first is None:
        return traits
    arrival = describe(first, known)
    traits |= {f"first_{name}": arrival[name] for name in ("channel", "source", "medium", "campaign")}
    traits["first_entry_path"] = first.page_views[0].path if first.page_views else ""
    return traits | {"first_country": first.first.country, "first_device_type": first.first.device_type}


def holds_since(rule: Behavior | Trait, history: list[Event], traits: dict[str, str]) -> int:
    """When it was done as often as it must be, 0 if nothing must be done; NEVER if the rule does not hold."""
    if isinstance(rule, Trait):
        return 0 if has(traits.get(rule.field, ""), rule) else NEVER
    instants = sorted(event.occurred_ms for event in history if fits(event, rule.match))
    if len(instants) < rule.at_least or (rule.at_most is not None and len(instants) > rule.at_most):
        return NEVER
    return instants[rule.at_least - 1] if rule.at_least else 0


def has(text: str, rule: Trait) -> bool:
    if rule.operator == "equals":
        return text == rule.value
    return rule.value in text if rule.operator == "contains" else bool(re.search(rule.value, text))


def test_members_are_those_of_the_oracle(walks: Models, members: dict[tuple[str, Person], int]) -> None:
    for segment_id in journeys.SEGMENTS:
        assert sum(segment == segment_id for segment, _ in members) > 5, segment_id
    expected = [
        {
            "site_id": site_id,
            "segment_id": segment_id,
            "user_id": name if kind == "user" else "",
            "member_since": journeys.moment(since),
        }
        for (segment_id, (site_id, (kind, name))), since in members.items()
    ]
    found = walks.client.rows(
        f"SELECT {', '.join(expected[0])} FROM marts.fct_segment_members"
        " INNER JOIN marts.dim_people USING (org_id, site_id, person_id)"
    )
    assert journeys.comparable(found) == journeys.comparable(expected)


def test_days_of_segments_are_those_of_the_oracle(walks: Models, members: dict[tuple[str, Person], int]) -> None:
    segments: defaultdict[Person, list[str]] = defaultdict(list)
    for segment_id, person in members:
        segments[person].append(segment_id)
    owners = journeys.resolve_people(journeys.all_events())
    deeds: defaultdict[tuple[str, str, date], list[tuple[Person, int, int, int]]] = defaultdict(list)

    def note(site_id: str, owner: tuple[str, str], occurred_ms: int, *numbers: int) -> None:
        for segment_id in segments[site_id, owner]:
            day = journeys.local_day(site_id, occurred_ms)
            deeds[site_id, segment_id, day].append(((site_id, owner), *numbers))  # type: ignore[arg-type]

    for session in journeys.split_sessions(journeys.all_events()):
        first = session.first
        if not first.is_bot:
            note(first.site_id, owners[first], first.occurred_ms, 1, len(session.page_views), 0)
    for goal in count_completions(journeys.all_events()):
        note(goal.site_id, goal.owner, goal.completed_ms, 0, 0, 1)
    expected: list[dict[str, Any]] = [
        {
            "site_id": site_id,
            "segment_id": segment_id,
            "day": day,
            "people": len({person for person, *_ in done}),
            "sessions": sum(sessions for _, sessions, _, _ in done),
            "page_views": sum(page_views for _, _, page_views, _ in done),
            "goal_completions": sum(completions for _, _, _, completions in done),
        }
        for (site_id, segment_id, day), done in deeds.items()
    ]
    assert any(not row["sessions"] for row in expected)
    assert any(row["people"] > 1 for row in expected)
    found = walks.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.rpt_segment_daily")
    assert journeys.comparable(found) == journeys.comparable(expected)
