"""The truth, held against a second count that knows nothing but the requests as sent."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from simulator import Simulation, simulate
from simulator.catalogue import CRAWLERS, SITES, SimulatedSite
from simulator.event import ClientEvent, ScriptedEvent, make_event_id, milliseconds
from simulator.truth import LedgerTruth, SiteDayTruth, count_site_days
from tests.simulator.test_simulation import is_sound, sent_events

START = date(2026, 10, 12)  # Clocks change in Adelaide's, Berlin's and New York's spring and autumn around it.
HALF_HOUR = timedelta(minutes=30)
ZONES = {site.site_id: ZoneInfo(site.timezone) for site in SITES}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(11, START, days=28, scale=0.15)


@pytest.fixture(scope="module")
def received(simulation: Simulation) -> dict[str, tuple[str, dict[str, Any]]]:
    """Sound events by id, with their site."""
    return {event["id"]: (site_id, event) for site_id, event in sent_events(simulation) if is_sound(event)}


def local_day(site_id: str, event: dict[str, Any]) -> date:
    return datetime.fromisoformat(event["occurred_at"]).astimezone(ZONES[site_id]).date()


def is_bot(event: dict[str, Any]) -> bool:
    return event.get("user_agent") in CRAWLERS


def in_order(received: dict[str, tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    return sorted(received.values(), key=lambda pair: datetime.fromisoformat(pair[1]["occurred_at"]))


def sessions_of(received: dict[str, tuple[str, dict[str, Any]]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every session as its site and its events, found event by event in the order of time."""
    sessions: list[tuple[str, list[dict[str, Any]]]] = []
    open_session: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for site_id, event in in_order(received):
        visitor_id = event.get("visitor_id", "")
        if not visitor_id:
            continue
        current = open_session.get((site_id, visitor_id))
        occurred_at = datetime.fromisoformat(event["occurred_at"])
        if current is None or occurred_at - datetime.fromisoformat(current[-1]["occurred_at"]) > HALF_HOUR:
            current = open_session[site_id, visitor_id] = []
            sessions.append((site_id, current))
        current.append(event)
    return sessions


def test_events_and_page_views_of_each_day(simulation: Simulation, received: Any) -> None:
    counts: Counter[tuple[str, date, str]] = Counter()
    for site_id, event in received.values():
        day = local_day(site_id, event)
        kind = "bot_" if is_bot(event) else ""
        counts[site_id, day, kind + "events"] += 1
        counts[site_id, day, kind + "page_views"] += event["event"] == "page_view"
    for (site_id, day), truth in simulation.truth.site_days.items():
        for name in ("events", "page_views", "bot_events", "bot_page_views"):
            assert getattr(truth, name) == counts[site_id, day, name]
    assert sum(truth.events + truth.bot_events for truth in simulation.truth.site_days.values()) == len(received)


def test_sessions_bounces_and_durations_of_each_day(simulation: Simulation, received: Any) -> None:
    expected: dict[tuple[str, date], SiteDayTruth] = {}
    seen: set[tuple[str, str]] = set()
    visitors: dict[tuple[str, date], set[str]] = {}
    for site_id, events in sessions_of(received):
        row = expected.setdefault((site_id, local_day(site_id, events[0])), SiteDayTruth())
        if is_bot(events[0]):
            row.bot_sessions += 1
            continue
        first, last = (milliseconds(datetime.fromisoformat(event["occurred_at"])) for event in (events[0], events[-1]))
        pages = [event for event in events if event["event"] == "page_view"]
        visitor = site_id, events[0]["visitor_id"]
        row.sessions += 1
        visitors.setdefault((site_id, local_day(site_id, events[0])), set()).add(events[0]["visitor_id"])
        row.new_visitors += visitor not in seen
        seen.add(visitor)
        row.bounces += len(pages) == 1
        row.engaged_sessions += len(pages) > 1 or last - first >= 10_000
        row.duration_ms += last - first
    names = ("sessions", "new_visitors", "bounces", "engaged_sessions", "duration_ms", "bot_sessions")
    for key, truth in simulation.truth.site_days.items():
        other = expected.get(key, SiteDayTruth())
        assert truth.visitors == len(visitors.get(key, ()))
        assert {name: getattr(truth, name) for name in names} == {name: getattr(other, name) for name in names}
    assert set(expected) <= set(simulation.truth.site_days)


def test_pauses_of_exactly_half_an_hour_and_a_millisecond_more_both_occur(received: Any) -> None:
    times: dict[tuple[str, str], list[datetime]] = {}
    for site_id, event in received.values():
        if "visitor_id" in event:
            times.setdefault((site_id, event["visitor_id"]), []).append(datetime.fromisoformat(event["occurred_at"]))
    gaps = {later - earlier for moments in map(sorted, times.values()) for earlier, later in pairwise(moments)}
    assert {HALF_HOUR, HALF_HOUR + timedelta(milliseconds=1)} <= gaps


def test_sessions_cross_midnight(received: Any) -> None:
    assert any(
        local_day(site_id, events[0]) != local_day(site_id, events[-1]) for site_id, events in sessions_of(received)
    )


def test_usage_of_each_organization_and_day(simulation: Simulation, received: Any) -> None:
    organizations = {site.site_id: site.org_id for site in SITES}
    events: Counter[tuple[str, date, str]] = Counter()
    quantities: Counter[tuple[str, date, str]] = Counter()
    for site_id, event in received.values():
        if not is_bot(event):
            key = organizations[site_id], datetime.fromisoformat(event["occurred_at"]).date(), event["event"]
            events[key] += 1
            quantities[key] += event.get("properties", {}).get("quantity", 1)
    assert {key: (row.events, row.quantity) for key, row in simulation.truth.usage.items()} == {
        key: (events[key], quantities[key]) for key in events
    }
    assert any(row.quantity > row.events for row in simulation.truth.usage.values())


def test_content_of_each_site_is_sold_as_often_and_for_as_much_as_is_sent(
    simulation: Simulation, received: Any
) -> None:
    sold: dict[tuple[str, str, str], list[int]] = {}
    for site_id, event in received.values():
        if event["event"] == "purchase" and not is_bot(event):
            bought = event["properties"]
            sold.setdefault((site_id, bought["content_id"], bought["currency"]), []).append(bought["amount"])
    assert {site_id for site_id, _, _ in sold} == ZONES.keys()
    assert {key: (row.purchases, row.revenue) for key, row in simulation.truth.content.items()} == {
        key: (len(amounts), sum(amounts)) for key, amounts in sold.items()
    }


def test_the_ledger_closes_on_every_site(simulation: Simulation, received: Any) -> None:
    requests: Counter[str] = Counter()
    for request in simulation.requests():
        requests[request.site_id] += len(request.events)
    for site_id, entry in simulation.truth.ledger.items():
        bots = sum(is_bot(event) for other, event in received.values() if other == site_id)
        people = sum(not is_bot(event) for other, event in received.values() if other == site_id)
        assert entry.received == requests[site_id]
        assert entry.received == entry.counted + entry.bots + entry.duplicates + entry.rejected
        assert (entry.counted, entry.bots) == (people, bots)
    assert simulation.truth.total == sum(simulation.truth.ledger.values(), LedgerTruth())
    assert simulation.truth.total.received == simulation.total


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.site_id)
@pytest.mark.parametrize("counted_by", ["visitor_id", "person"])
def test_the_funnel_leaks_at_its_rates(
    simulation: Simulation, received: Any, site: SimulatedSite, counted_by: str
) -> None:
    known = {e["visitor_id"]: e["user_id"] for _, e in received.values() if "visitor_id" in e and "user_id" in e}
    first: dict[str, dict[str, datetime]] = {}
    for site_id, event in in_order(received):
        if site_id != site.site_id or is_bot(event) or "visitor_id" not in event:
            continue
        path = event["url"].removeprefix(f"https://{site.host}").partition("?")[0]
        step = {"/": "landing", "/pricing": "pricing"}.get(path) if event["event"] == "page_view" else None
        step = step or {
            "signup": "signup",
            "project_created": "activate",
            "subscription_started": "subscribe",
        }.get(event["event"])
        if step:
            visitor_id = event["visitor_id"]
            someone = known.get(visitor_id, visitor_id) if counted_by == "person" else visitor_id
            first.setdefault(someone, {}).setdefault(step, datetime.fromisoformat(event["occurred_at"]))
    steps = ("landing", "pricing", "signup", "activate", "subscribe")
    counted = tuple(sum(step in path for path in first.values()) for step in steps)
    assert counted == simulation.truth.funnels[site.site_id]
    for reached in first.values():
        # Nobody skips a step, and nobody takes two in the wrong order.
        assert tuple(reached) == steps[: len(reached)]
        assert sorted(reached.values()) == list(reached.values())
    rates = [site.rates.pricing, site.rates.signup, site.rates.activate, site.rates.subscribe]
    for rate, (before, after) in zip(rates, pairwise(counted), strict=True):
        assert after == round(before * rate)


def test_a_session_of_an_hour_with_a_page_each_half_hour_is_one_and_a_millisecond_more_makes_two() -> None:
    def script(*minutes: float) -> list[ScriptedEvent]:
        events = []
        for minute in minutes:
            now_ms = milliseconds(datetime.fromisoformat("2026-10-01T12:00:00Z")) + round(minute * 60_000)
            sent = ClientEvent(
                event="page_view",
                id=make_event_id(now_ms, Random(minute)),
                occurred_at=datetime.fromisoformat("2026-10-01T12:00:00Z") + timedelta(minutes=minute),
                visitor_id="v",
            )
            events.append(ScriptedEvent(now_ms, "lumen-us", False, sent))
        return events

    day = "lumen-us", date(2026, 10, 1)
    assert count_site_days(SITES, script(60, 0, 30))[day].sessions == 1
    apart = count_site_days(SITES, script(0, 30 + 1 / 60_000))[day]
    assert (apart.sessions, apart.bounces, apart.new_visitors, apart.duration_ms) == (2, 2, 1, 0)
    assert msgspec.to_builtins(apart)["visitors"] == 1
