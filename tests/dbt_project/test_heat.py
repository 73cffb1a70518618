"""Clicks against an oracle that looks at each one with all that came after it."""

from collections import defaultdict
from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event

pytestmark = pytest.mark.xdist_group("walks")


NO_REACTIONS = ("click", "error", "scroll", "move", "attention")
"""What a visitor does on a page that does nothing."""


@pytest.fixture(scope="module")
def clicks() -> list[dict[str, Any]]:
    """Rows of ``int_clicks_judged``."""
    histories: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in journeys.all_events():
        if event.visitor_id and not event.is_bot:
            histories[event.site_id, event.visitor_id].append(event)
    rows = []
    for history in histories.values():
        history.sort(key=lambda event: event.order)
        enraged = find_rage(history)
        for number, event in enumerate(history):
            if event.event == "click":
                after = history[number + 1 :]
                is_error = comes(after, event, 1000, lambda name: name == "error")
                reacts = comes(after, event, 3000, lambda name: name not in NO_REACTIONS)
                rows.append(
                    {
                        "site_id": event.site_id,
                        "event_id": event.id,
                        "is_rage": event.id in enraged,
                        "is_dead": not reacts and not is_error,
                        "is_error": is_error,
                    }
                )
    return rows


def test_clicks_are_judged_as_by_the_oracle(walks: Models, clicks: list[dict[str, Any]]) -> None:
    for judgement in ("is_rage", "is_dead", "is_error"):
        assert {row[judgement] for row in clicks} == {True, False}, judgement
    found = walks.client.rows(f"SELECT {', '.join(clicks[0])} FROM intermediate.int_clicks_judged")
    assert journeys.comparable(found) == journeys.comparable(clicks)


def test_the_grid_holds_every_click(walks: Models, clicks: list[dict[str, Any]]) -> None:
    found = walks.client.query(
        "SELECT sum(clicks), sum(rage_clicks), sum(dead_clicks), sum(error_clicks), max(cell_x), max(cell_y)"
        " FROM marts.rpt_click_grid_daily"
    )[1]
    judged = [sum(row[name] for row in clicks) for name in ("is_rage", "is_dead", "is_error")]
    assert list(found[0]) == [len(clicks), *judged, 430 // 20, 40 // 20]


def find_rage(history: list[Event]) -> set[Any]:
    pages: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history:
        if event.event == "click":
            pages[event.path].append(event)
    enraged = set()
    for found in pages.values():
        for three in zip(found, found[1:], found[2:], strict=False):
            first, _, third = three
            if third.occurred_ms - first.occurred_ms <= 1000 and all(near(first, other) for other in three):
                enraged |= {event.id for event in three}
    return enraged


def near(one: Event, other: Event) -> bool:
    across, down = (one.properties[axis] - other.properties[axis] for axis in "xy")
    return bool(across * across + down * down <= 30 * 30)


def comes(after: list[Event], event: Event, within_ms: int, is_wanted: Any) -> bool:
    return any(is_wanted(other.event) and other.occurred_ms - event.occurred_ms <= within_ms for other in after)
