"""Which goals the events of random journeys reach, by asking each event and each session. Written from the rules."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from headwater.contracts.definition import EventMatch, Goal
from tests.dbt_project import journeys
from tests.dbt_project.journeys import Event, Session


@dataclass(frozen=True, slots=True)
class Completion:
    """A goal reached. ``owner`` as in `journeys.resolve_people`."""

    site_id: str
    goal_id: str
    owner: tuple[str, str]
    visitor_id: str
    completed_ms: int
    value: int
    currency: str


def count_completions(events: list[Event]) -> list[Completion]:
    """Every goal of `journeys.GOALS` on every site."""
    owners = journeys.resolve_people(events)
    sessions = [session for session in journeys.split_sessions(events) if not session.first.is_bot]
    found = []
    for goal_id, goal in journeys.GOALS.items():
        if goal.kind == "event":
            found += _by_event(goal_id, goal, owners, sessions)
        else:
            found += _by_session(goal_id, goal, owners, sessions)
    return found


def fits(event: Event, match: EventMatch) -> bool:
    """Whether an event is one that a definition asks for."""
    if event.event != match.event:
        return False
    for condition in match.conditions:
        value = event.properties.get(condition.field.removeprefix("properties."), "")
        text = event.path if condition.field == "path" else str(value)
        if condition.operator == "equals" and text != condition.value:
            return False
        if condition.operator == "contains" and condition.value not in text:
            return False
        if condition.operator == "regex" and not re.search(condition.value, text):
            return False
    return True


def _by_event(
    goal_id: str, goal: Goal, owners: dict[Event, tuple[str, str]], sessions: Iterable[Session]
) -> list[Completion]:
    matching = [event for event in owners if fits(event, goal.match)]
    if goal.is_once_per_session:
        chosen = [event for event in matching if not event.visitor_id]
        wanted = {event.id for event in matching}
        for session in sessions:
            chosen += [event for event in session.events if event.id in wanted][:1]
        matching = chosen
    found = []
    for event in matching:
        value, currency = goal.value, goal.currency
        amount = event.properties.get(goal.value_property) if goal.value_property else None
        if amount is not None and amount <= journeys.AMOUNT_AT_MOST:
            value, currency = amount, event.properties["currency"]
        found.append(
            Completion(event.site_id, goal_id, owners[event], event.visitor_id, event.occurred_ms, value, currency)
        )
    return found


def _by_session(
    goal_id: str, goal: Goal, owners: dict[Event, tuple[str, str]], sessions: Iterable[Session]
) -> list[Completion]:
    found = []
    for session in sessions:
        first, last = session.first, session.last
        reached = (
            last.occurred_ms - first.occurred_ms > goal.more_than * 1000
            if goal.kind == "duration"
            else len(session.page_views) > goal.more_than
        )
        if reached:
            found.append(
                Completion(
                    first.site_id,
                    goal_id,
                    owners[first],
                    first.visitor_id,
                    last.occurred_ms,
                    goal.value,
                    goal.currency,
                )
            )
    return found
