"""Moves of the mouse and attention, against an oracle that looks at each event; and sites whose clocks change."""

from collections import Counter, defaultdict
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import DAY_MS, HOUR_MS, MINUTE_MS, Event, clock

SEEDS = range(20)
ORG = journeys.ORG
BUILD = ("run", "--select", "rpt_move_grid_daily", "rpt_attention_daily", "+stg_events__events", "+stg_control__sites")
MIDNIGHT_MS = journeys.START_MS // DAY_MS * DAY_MS
OFFSETS_MS = (0, 1, 5 * HOUR_MS, 18 * HOUR_MS + 15 * MINUTE_MS - 1, 18 * HOUR_MS + 15 * MINUTE_MS, DAY_MS - 1)
"""Kathmandu's midnight, New York's, UTC's, and the milliseconds before."""

PLACES = (0, 19, 19.999, 20, 99.9, 100, 1234, 10**6 - 1, 10**6, 10**6 + 1, 1e300, -1, -0.5, "far", None, [7], {})
DURATIONS = (0, 0.999, 1, 1.999, 250, 3_599_999, 3_600_000, 3_600_001, 1e300, -1, -1e300, "long", None, [1000])
MOST_PIXELS = 10**6
HOUR_AT_MOST_MS = 3_600_000


def make_events(seed: int) -> list[Event]:
    """A site's events of three days around every midnight, on few pages, in no order."""
    random = Random(seed)
    site_id, _ = journeys.make_site(seed)
    events = []
    for _ in range(random.randrange(1, 250)):
        properties = {"x": random.choice(PLACES), "y": random.choice(PLACES), "duration_ms": random.choice(DURATIONS)}
        events.append(
            Event(
                site_id=site_id,
                id=UUID(int=random.getrandbits(128)),
                event=random.choice(("move", "move", "attention", "attention", "click", "Move")),
                occurred_ms=MIDNIGHT_MS + random.choice(OFFSETS_MS) + random.randrange(2) * DAY_MS,
                visitor_id=random.choice(("", "v", "w")),
                path=random.choice(("", "/a")),
                properties={name: value for name, value in properties.items() if random.random() < 0.9},
                is_bot=random.random() < 0.1,
                device_type=random.choice(("desktop", "mobile")),
            )
        )
    return events


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for seed in SEEDS for event in make_events(seed)]


def set_zones(models: Models, zones: dict[str, str]) -> None:
    models.client.command("TRUNCATE TABLE raw_control.sites")
    whose = {"org_id": ORG, "hosts": [], "created_at": clock(0)}
    rows = [whose | {"id": site, "name": site, "timezone": zone} for site, zone in zones.items()]
    models.insert("raw_control.sites", rows)


def build(models: Models, *arguments: str) -> None:
    done = models.dbt(*BUILD, *arguments)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def built(models: Models, events: list[Event]) -> Models:
    """Built with a third of the events, with some of the others and repeats, and with the rest."""
    set_zones(models, dict(map(journeys.make_site, SEEDS)))
    rows = [journeys.event_row(event, number) for number, event in enumerate(events)]
    repeats = [row | {"sequence": row["sequence"] + len(rows), "path": "/again"} for row in rows[::7]]
    for load in (rows[::3], rows[1::3] + repeats, rows[2::3]):
        models.insert("raw_events.events", load)
        build(models)
    assert not models.client.rows("SELECT DISTINCT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    return models


def moves_of(models: Models) -> dict[tuple[Any, ...], tuple[int, ...]]:
    keys = "site_id, day, path, device_type, cell_x, cell_y"
    rows = models.client.query(f"SELECT {keys}, moves, visitors FROM marts.rpt_move_grid_daily")[1]
    return {tuple(row[:6]): tuple(row[6:]) for row in rows}


def attention_of(models: Models) -> dict[tuple[Any, ...], tuple[int, ...]]:
    keys = "site_id, day, path, device_type, band"
    rows = models.client.query(f"SELECT {keys}, attention_ms, visitors FROM marts.rpt_attention_daily")[1]
    return {tuple(row[:5]): tuple(row[5:]) for row in rows}


def test_moves_are_those_of_the_oracle(built: Models, events: list[Event]) -> None:
    expected = count_moves(events, dict(map(journeys.make_site, SEEDS)))
    assert max(moves for moves, _ in expected.values()) > 2
    assert {visitors for _, visitors in expected.values()} >= {0, 1, 2}
    assert moves_of(built) == expected


def test_attention_is_that_of_the_oracle(built: Models, events: list[Event]) -> None:
    expected = count_attention(events, dict(map(journeys.make_site, SEEDS)))
    assert max(lasted for lasted, _ in expected.values()) > HOUR_AT_MOST_MS
    assert {visitors for _, visitors in expected.values()} >= {0, 1, 2}
    assert attention_of(built) == expected


def test_a_site_whose_clock_is_set_otherwise_has_the_days_of_its_new_zone(built: Models, events: list[Event]) -> None:
    zones = {site: "America/New_York" if zone == "UTC" else zone for site, zone in map(journeys.make_site, SEEDS)}
    before = moves_of(built)
    set_zones(built, zones)
    build(built)
    assert not built.client.rows("SELECT DISTINCT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    assert moves_of(built) == count_moves(events, zones) != before
    assert attention_of(built) == count_attention(events, zones)
    build(built, "--full-refresh")
    assert moves_of(built) == count_moves(events, zones)
    assert attention_of(built) == count_attention(events, zones)


def count_moves(events: list[Event], zones: dict[str, str]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    moves: Counter[tuple[Any, ...]] = Counter()
    visitors: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for event in events:
        if event.event == "move" and not event.is_bot:
            key = *place(event, zones), number(event, "x", MOST_PIXELS) // 20, number(event, "y", MOST_PIXELS) // 20
            moves[key] += 1
            visitors[key] |= {event.visitor_id} - {""}
    return {key: (moves[key], len(visitors[key])) for key in moves}


def count_attention(events: list[Event], zones: dict[str, str]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    lasted: Counter[tuple[Any, ...]] = Counter()
    visitors: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for event in events:
        duration_ms = number(event, "duration_ms", HOUR_AT_MOST_MS)
        if event.event == "attention" and not event.is_bot and duration_ms:
            key = *place(event, zones), number(event, "y", MOST_PIXELS) // 100
            lasted[key] += duration_ms
            visitors[key] |= {event.visitor_id} - {""}
    return {key: (lasted[key], len(visitors[key])) for key in lasted}


def place(event: Event, zones: dict[str, str]) -> tuple[Any, ...]:
    """Where an event is counted: site, day, page and kind of device."""
    day = journeys.moment(event.occurred_ms).astimezone(ZoneInfo(zones[event.site_id])).date()
    return event.site_id, day, event.path, event.device_type


def number(event: Event, name: str, most: int) -> int:
    """A property in whole pixels or milliseconds, from nothing to the most it counts for."""
    value = event.properties.get(name)
    return int(min(max(value, 0), most)) if isinstance(value, int | float) else 0
