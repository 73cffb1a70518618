"""Page views against an oracle that reads each session from page to page."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models

pytestmark = pytest.mark.xdist_group("walks")


@pytest.fixture(scope="module")
def views() -> list[dict[str, Any]]:
    """Rows of ``fct_pageviews``."""
    rows = []
    for session in journeys.split_sessions(journeys.all_events()):
        page_views = session.page_views
        for number, view in enumerate(page_views, start=1):
            is_exit = view is page_views[-1]
            until = session.last if is_exit else page_views[number]
            after = session.events[session.events.index(view) + 1 :]
            on_page = after if is_exit else after[: after.index(page_views[number])]
            depths = [event.properties["depth"] for event in on_page if event.event == "scroll"]
            rows.append(
                row_of(view)
                | {
                    "position": number,
                    "is_entry": number == 1,
                    "is_exit": is_exit,
                    "seconds_on_page": Decimal(until.occurred_ms - view.occurred_ms) / 1000,
                    "scroll_depth": max(depths, default=0),
                }
            )
    for view in journeys.all_events():
        if view.is_page_view and not view.visitor_id:
            nothing = {"position": 0, "is_entry": False, "is_exit": False, "scroll_depth": 0}
            rows.append(row_of(view) | nothing | {"seconds_on_page": Decimal(0)})
    return rows


def row_of(view: journeys.Event) -> dict[str, Any]:
    return {
        "site_id": view.site_id,
        "event_id": view.id,
        "visitor_id": view.visitor_id,
        "day": journeys.local_day(view.site_id, view.occurred_ms),
        "path": view.path,
        "device_type": view.device_type,
        "is_bot": view.is_bot,
    }


def test_page_views_are_those_of_the_oracle(walks: Models, views: list[dict[str, Any]]) -> None:
    found = walks.client.rows(f"SELECT {', '.join(views[0])} FROM marts.fct_pageviews")
    assert journeys.comparable(found) == journeys.comparable(views)


def test_a_session_was_scrolled_as_far_as_its_furthest_page(walks: Models) -> None:
    expected = [
        {
            "site_id": session.first.site_id,
            "visitor_id": session.first.visitor_id,
            "started_at": journeys.moment(session.first.occurred_ms),
            "is_bot": session.first.is_bot,
            "scroll_depth": _furthest(session),
        }
        for session in journeys.split_sessions(journeys.all_events())
    ]
    assert len({row["scroll_depth"] for row in expected}) > 3
    found = walks.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.fct_sessions")
    assert journeys.comparable(found) == journeys.comparable(expected)


def _furthest(session: journeys.Session) -> int:
    """Of what was scrolled after the first page view: before it there is no page."""
    if not session.page_views:
        return 0
    seen = session.events[session.events.index(session.page_views[0]) :]
    return max((event.properties["depth"] for event in seen if event.event == "scroll"), default=0)


def test_pages_of_the_day_are_those_of_the_oracle(walks: Models, views: list[dict[str, Any]]) -> None:
    expected: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    visitors: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for view in views:
        if not view["is_bot"]:
            key = view["site_id"], view["day"], view["path"]
            expected[key] += Counter(views=1, entries=view["is_entry"], exits=view["is_exit"])
            expected[key]["scrolled"] += view["scroll_depth"] > 0
            visitors[key] |= {view["visitor_id"]} - {""}
    found = walks.client.query(
        "SELECT site_id, day, path, page_views, entries, exits, scrolled_views, visitors FROM marts.rpt_page_daily"
    )[1]
    assert {tuple(row[:3]): tuple(row[3:]) for row in found} == {
        key: (row["views"], row["entries"], row["exits"], row["scrolled"], len(visitors[key]))
        for key, row in expected.items()
    }


def test_scroll_reach_is_that_of_the_oracle(walks: Models, views: list[dict[str, Any]]) -> None:
    marks = (25, 50, 75, 90, 100)
    depths: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for view in views:
        if view["visitor_id"] and not view["is_bot"]:
            depths[view["site_id"], view["day"], view["path"], view["device_type"]].append(view["scroll_depth"])
    assert {depth for found in depths.values() for depth in found} >= {0, 24, 25, 89, 90, 100}
    found = walks.client.query(
        f"SELECT site_id, day, path, device_type, page_views, total_depth, {', '.join(f'reached_{n}' for n in marks)}"
        " FROM marts.rpt_scroll_depth_daily"
    )[1]
    assert {tuple(row[:4]): tuple(row[4:]) for row in found} == {
        key: (len(down), sum(down), *(sum(depth >= mark for depth in down) for mark in marks))
        for key, down in depths.items()
    }


@pytest.mark.parametrize(
    ("mart", "columns"),
    [("rpt_device_daily", ("device_type", "browser", "os")), ("rpt_location_daily", ("country", "region", "city"))],
)
def test_sessions_by_device_and_place_are_those_of_the_oracle(
    walks: Models, mart: str, columns: tuple[str, ...]
) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    for session in journeys.split_sessions(journeys.all_events()):
        first = session.first
        if not first.is_bot:
            day = journeys.local_day(first.site_id, first.occurred_ms)
            expected[(first.site_id, day, *(getattr(first, column) for column in columns))] += 1
    found = walks.client.query(f"SELECT site_id, day, {', '.join(columns)}, sessions FROM marts.{mart}")[1]
    assert {tuple(row[:-1]): row[-1] for row in found} == expected
