"""Who is who depends on the events alone: not on the order they came in, and not on an event that is gone."""

from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event

SEEDS = range(16)
ORDERS = ("as-they-happened", "last-first", "shuffled", "identified-last")
LOADS = 3

DESK = Event(site_id="story", id=UUID(int=1), event="page_view", occurred_ms=0, visitor_id="desk", user_id="ann")
PHONE = Event(site_id="story", id=UUID(int=2), event="page_view", occurred_ms=1, visitor_id="phone")
IDENTIFY = Event(site_id="story", id=UUID(int=3), event="identify", occurred_ms=2, visitor_id="phone", user_id="ann")

People = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [DESK, PHONE, IDENTIFY, *(event for seed in SEEDS for event in journeys.make_events(seed))]


@pytest.fixture(scope="module")
def built(models: Models, events: list[Event]) -> Models:
    """The same events as of several organizations, each in an order of its own, in loads with a build after each."""
    run(models, "seed")
    numbers = {event: number for number, event in enumerate(events)}
    orders = dict(zip(ORDERS, in_orders(events), strict=True))
    for load in range(LOADS):
        for org_id, ordered in orders.items():
            size = len(ordered) // LOADS + 1
            part = ordered[load * size : (load + 1) * size]
            rows = [journeys.event_row(event, numbers[event]) for event in part]
            models.insert("raw_events.events", [row | {"org_id": org_id, "collector_id": org_id} for row in rows])
        run(models, "run", "--select", "+dim_people")
    return models


def test_people_are_the_same_in_whatever_order_their_events_came(built: Models, events: list[Event]) -> None:
    expected = expect_people(events)
    assert sum(visitors > 1 for _, is_known, visitors, *_ in expected if is_known) > 10
    for org_id in ORDERS:
        assert find_people(built, org_id) == expected, org_id


def test_without_the_event_that_identified_it_a_visitor_is_a_person_of_its_own_again(
    built: Models, events: list[Event]
) -> None:
    dropped = {IDENTIFY, *last_identifications(events)}
    assert len(dropped) > 20
    assert ("story", True, 2, 3, "ann") in find_people(built, ORDERS[0])
    refuse(built, [number for number, event in enumerate(events) if event in dropped])
    run(built, "run", "--select", "+dim_people")
    remaining = [event for event in events if event not in dropped]
    for org_id in ORDERS:
        found = find_people(built, org_id)
        assert found == expect_people(remaining), org_id
        assert {("story", True, 1, 1, "ann"), ("story", False, 1, 1, "")} <= set(found)


def in_orders(events: list[Event]) -> Iterable[list[Event]]:
    yield sorted(events, key=lambda event: event.order)
    yield sorted(events, key=lambda event: event.order, reverse=True)
    yield Random(0).sample(events, len(events))
    yield sorted(events, key=lambda event: bool(event.user_id))


def last_identifications(events: list[Event]) -> list[Event]:
    """Of every third visitor the event that says who it is."""
    last: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda event: event.order):
        if event.visitor_id and event.user_id and not event.is_bot and event.site_id != DESK.site_id:
            last[event.site_id, event.visitor_id] = event
    return [last[device] for device in sorted(last)][::3]


def refuse(models: Models, numbers: list[int]) -> None:
    """Take events out of every organization: the warehouse refused them, which is known only now."""
    refusal = {"code": "refused_by_warehouse", "received_at": journeys.clock(0)}
    for org_id in ORDERS:
        rows = [refusal | {"org_id": org_id, "collector_id": org_id, "sequence": number} for number in numbers]
        models.insert("raw_events.rejected_events", rows)


def run(models: Models, *command: str) -> None:
    done = models.dbt(*command)
    assert done.returncode == 0, done.stdout


def find_people(models: Models, org_id: str) -> People:
    """Site, whether known, visitors, events and user of each person."""
    columns = "site_id, is_known, visitors, events, user_id"
    rows = models.client.query(f"SELECT {columns} FROM marts.dim_people WHERE org_id = '{org_id}'")[1]
    return sorted(map(tuple, rows))


def expect_people(events: list[Event]) -> People:
    histories: dict[tuple[str, tuple[str, str]], list[Event]] = {}
    for event, owner in journeys.resolve_people(events).items():
        histories.setdefault((event.site_id, owner), []).append(event)
    return sorted(
        (
            site_id,
            kind == "user",
            len({event.visitor_id for event in history} - {""}),
            len(history),
            name if kind == "user" else "",
        )
        for (site_id, (kind, name)), history in histories.items()
    )
