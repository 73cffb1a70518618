"""Plays against an oracle that follows each item through each session."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.items import name_items
from tests.dbt_project.journeys import Event

pytestmark = pytest.mark.xdist_group("walks")


@pytest.fixture(scope="module")
def plays() -> list[dict[str, Any]]:
    """Rows of ``fct_plays``."""
    lengths: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rows = []
    for session in journeys.split_sessions(journeys.all_events()):
        if session.first.is_bot:
            continue
        items: defaultdict[str, list[list[Event]]] = defaultdict(lambda: [[]])
        for event in session.events:
            if event.event in journeys.MEDIA_EVENTS:
                item = event.properties["content_id"]
                items[item][-1].append(event)
                longest = seconds(event, "duration_seconds")
                if event.event == "complete":
                    items[item].append([])
                    longest = max(longest, seconds(event, "position_seconds"))
                lengths[event.site_id, item] = max(longest, lengths[event.site_id, item])
        for item, parts in items.items():
            rows += [describe(item, part) for part in parts if any(event.event == "play" for event in part)]
    return [row | {"length_seconds": lengths[row["site_id"], row["content_id"]]} for row in rows]


def test_plays_are_those_of_the_oracle(walks: Models, plays: list[dict[str, Any]]) -> None:
    assert {row["is_completed"] for row in plays} == {True, False}
    assert any(row["watched_seconds"] for row in plays)
    found = walks.client.rows(f"SELECT {', '.join(plays[0])} FROM marts.fct_plays")
    assert journeys.comparable(found) == journeys.comparable(plays)


def test_content_of_the_day_is_that_of_the_oracle(walks: Models, plays: list[dict[str, Any]]) -> None:
    creators = {item: creator for item, (_, creator) in name_items(journeys.all_events()).items()}
    expected: dict[tuple[Any, ...], list[Any]] = {}
    for play in plays:
        key = play["site_id"], play["day"], play["content_id"], creators[play["site_id"], play["content_id"]]
        row = expected.setdefault(key, [0, Decimal(0), 0])
        row[0] += 1
        row[1] += play["watched_seconds"]
        row[2] += play["is_completed"]
    found = walks.client.query(
        "SELECT site_id, day, content_id, creator_id, plays, watched_seconds, completed_plays,"
        " arraySum(abandoned_by_tenth) AS abandoned FROM marts.rpt_content_daily"
    )[1]
    assert {tuple(row[:4]): list(row[4:7]) for row in found} == expected
    of_known_length = [play for play in plays if play["length_seconds"] and not play["is_completed"]]
    assert sum(row[7] for row in found) == len(of_known_length)


def describe(item: str, part: list[Event]) -> dict[str, Any]:
    first = part[0]
    watched = Decimal(0)
    for event, following in pairwise(part):
        if event.event in ("play", "resume", "progress") and following.event in ("pause", "progress", "complete"):
            watched += max(seconds(following, "position_seconds") - seconds(event, "position_seconds"), Decimal(0))
    is_completed = part[-1].event == "complete"
    furthest = max(seconds(event, "position_seconds") for event in part)
    return {
        "site_id": first.site_id,
        "play_id": first.id,
        "content_id": item,
        "creator_id": next((event.properties["creator_id"] for event in part if "creator_id" in event.properties), ""),
        "visitor_id": first.visitor_id,
        "day": journeys.local_day(first.site_id, first.occurred_ms),
        "started_at": journeys.moment(first.occurred_ms),
        "watched_seconds": watched,
        "is_completed": is_completed,
        "abandoned_at_seconds": Decimal(0) if is_completed else furthest,
    }


def seconds(event: Event, name: str) -> Decimal:
    return Decimal(str(event.properties.get(name, 0)))
