"""The simulated month: reproducible, what it says it is, and no more than the contract allows."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from crawleruseragents import is_crawler
from iptocc import country_code

from headwater.contracts.wire import WireEvent
from simulator import Simulation, simulate
from simulator.catalogue import ADDRESSES, CRAWLERS, DEVICES, SITES
from simulator.client import USER_AGENT
from simulator.definitions import FUNNEL
from simulator.delivery import ClientRequest

START = date(2026, 10, 12)


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(7, START, days=21, scale=0.1)


def sent_events(simulation: Simulation) -> Iterator[tuple[str, dict[str, Any]]]:
    for request in simulation.requests():
        for event in msgspec.json.decode(request.body):
            yield request.site_id, event


def is_sound(event: dict[str, Any]) -> bool:
    try:
        decoded = msgspec.json.decode(msgspec.json.encode(event), type=WireEvent)
    except msgspec.ValidationError:
        return False
    small_enough = len(decoded.properties) <= 32 * 1024
    return small_enough and decoded.occurred_at is not None and decoded.occurred_at.year < 2100


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, second = (simulate(3, START, days=3, scale=0.05) for _ in range(2))
    assert [request.body for request in first.requests()] == [request.body for request in second.requests()]
    assert first.truth == second.truth


def test_another_seed_gives_another_month() -> None:
    ids = [{event["id"] for _, event in sent_events(simulate(seed, START, days=2, scale=0.05))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


def test_requests_can_be_read_twice(small: Simulation) -> None:
    assert list(small.requests()) == list(small.requests())


def test_no_request_holds_more_events_than_asked() -> None:
    simulation = simulate(1, START, days=2, scale=0.05, batch_size=50)
    sizes = [len(request.events) for request in simulation.requests()]
    assert max(sizes) == 50
    assert sum(sizes) == simulation.total


def test_no_request_holds_an_event_and_its_repeat(small: Simulation) -> None:
    for request in small.requests():
        ids = [event["id"] for event in msgspec.json.decode(request.body)]
        assert len(ids) == len(set(ids))


def test_repeats_are_identical_and_as_many_as_the_ledger_says(small: Simulation) -> None:
    texts: dict[str, set[bytes]] = {}
    seen: Counter[str] = Counter()
    for request in small.requests():
        for text in request.events:
            event = msgspec.json.decode(text)
            if is_sound(event):
                texts.setdefault(event["id"], set()).add(text)
                seen[event["id"]] += 1
    assert all(len(bodies) == 1 for bodies in texts.values())
    assert sum(count - 1 for count in seen.values()) == small.truth.total.duplicates > 0


def test_broken_events_are_broken_and_as_many_as_the_ledger_says(small: Simulation) -> None:
    broken: Counter[str] = Counter(site_id for site_id, event in sent_events(small) if not is_sound(event))
    assert broken == {site_id: entry.rejected for site_id, entry in small.truth.ledger.items() if entry.rejected}
    codes = {site_id: sum(codes.values()) for site_id, codes in small.truth.rejected_codes.items()}
    assert broken == codes


def test_events_arrive_late_and_out_of_order(small: Simulation) -> None:
    latest, latest_lag, disorder = datetime(2000, 1, 1, tzinfo=UTC), timedelta(), 0
    for _, event in sent_events(small):
        occurred_at = datetime.fromisoformat(event["occurred_at"])
        if occurred_at.year > 2100:
            continue
        latest_lag = max(latest_lag, latest - occurred_at)
        disorder += occurred_at < latest
        latest = max(latest, occurred_at)
    assert latest_lag > timedelta(days=2)
    assert disorder > small.total / 10


def test_the_days_simulated_are_days_of_each_site(small: Simulation) -> None:
    expected = {START + timedelta(days=number) for number in range(21)}
    for site in SITES:
        days = {day for site_id, day in small.truth.site_days if site_id == site.site_id}
        # A visit may begin before the last midnight and end after it.
        assert expected <= days <= expected | {START + timedelta(days=21)}


def test_people_look_like_people_and_crawlers_like_crawlers() -> None:
    assert all(is_crawler(user_agent) for user_agent in CRAWLERS)
    assert not any(is_crawler(device.user_agent) for device in DEVICES)
    assert not is_crawler(USER_AGENT)


def test_addresses_lie_in_their_countries() -> None:
    for country, blocks in ADDRESSES.items():
        assert {country_code(f"{block}{last}") for block in blocks for last in (1, 254)} == {country}


def test_some_people_are_known_only_later_and_on_two_devices(small: Simulation) -> None:
    people: dict[str, set[str]] = {}
    users: dict[str, set[str]] = {}
    for _, event in sent_events(small):
        if isinstance(visitor_id := event.get("visitor_id"), str):
            users.setdefault(visitor_id, set()).add(event.get("user_id", ""))
            if user_id := event.get("user_id"):
                people.setdefault(user_id, set()).add(visitor_id)
    assert any(len(known) == 2 and "" in known for known in users.values())
    assert all(len(known - {""}) <= 1 for known in users.values())
    assert any(len(devices) == 2 for devices in people.values())


def test_a_month_is_about_two_hundred_thousand_events_and_is_made_in_seconds() -> None:
    began = time.process_time()
    simulation = simulate(1, START)
    requests = list(simulation.requests())
    took = time.process_time() - began
    assert 180_000 < simulation.total < 230_000
    assert sum(len(request.events) for request in requests) == simulation.total
    assert took < 10
    assert isinstance(requests[0], ClientRequest)
    assert len(FUNNEL.steps) == len(simulation.truth.funnels["lumen-us"])
