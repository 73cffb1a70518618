"""What items earned, against an oracle that goes through the sales by hand; and what comes late and changes an item."""

from collections import Counter, defaultdict
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.conversions import REVENUE_EVENTS
from tests.dbt_project.items import is_sale, name_items, word
from tests.dbt_project.journeys import DAY_MS, HOUR_MS, SECOND_MS, Event, clock

SEEDS = range(12)
MORNING_MS = journeys.START_MS // DAY_MS * DAY_MS + 9 * HOUR_MS
BUILD = ("run", "--select", "+rpt_content_revenue_daily", "+rpt_content_daily")
OF_ITEMS = (
    "content_type, creator_id, toString(currency), purchases, revenue, buyers FROM marts.rpt_content_revenue_daily"
)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for seed in SEEDS for event in make_events(seed)]


@pytest.fixture(scope="module")
def built(models: Models, events: list[Event]) -> Models:
    """Built with half of the events, with some of the others and their repeats, and with the rest."""
    sites = [journeys.make_site(seed) for seed in SEEDS]
    models.insert(
        "raw_control.sites",
        [
            {"id": site, "org_id": journeys.ORG, "name": site, "timezone": zone, "hosts": [], "created_at": clock(0)}
            for site, zone in sites
        ],
    )
    rows = [journeys.event_row(event, number) for number, event in enumerate(events)]
    repeats = [row | {"sequence": row["sequence"] + len(rows), "path": "/again"} for row in rows[::5]]
    for load in (rows[::2], rows[1::4] + repeats, rows[3::4]):
        models.insert("raw_events.events", load)
        build(models)
    return models


def test_revenue_of_items_is_that_of_the_oracle(built: Models, events: list[Event]) -> None:
    kinds = name_items(events)
    owners = journeys.resolve_people(events)
    purchases: Counter[tuple[Any, ...]] = Counter()
    revenue: Counter[tuple[Any, ...]] = Counter()
    buyers: defaultdict[tuple[Any, ...], set[tuple[str, str]]] = defaultdict(set)
    for event in filter(is_sale, events):
        item = word(event, "content_id")
        day = journeys.local_day(event.site_id, event.occurred_ms)
        key = event.site_id, day, item, *kinds[event.site_id, item], event.properties["currency"].lower()
        purchases[key] += 1
        revenue[key] += event.properties["amount"]
        buyers[key] |= {owners[event]} if event in owners else set()
    assert {len(buyers[key]) for key in purchases} >= {0, 1, 2}
    assert max(purchases.values()) > max(map(len, buyers.values()))
    found = built.client.query(f"SELECT site_id, day, content_id, {OF_ITEMS} WHERE org_id = '{journeys.ORG}'")[1]
    assert {tuple(row[:6]): tuple(row[6:]) for row in found} == {
        key: (purchases[key], revenue[key], len(buyers[key])) for key in purchases
    }


def test_an_item_is_the_same_in_what_it_earned_and_in_what_was_seen_of_it(built: Models, events: list[Event]) -> None:
    kinds = name_items(events)
    for table in ("rpt_content_daily", "rpt_content_revenue_daily"):
        sql = f"SELECT site_id, content_id, content_type, creator_id FROM marts.{table} WHERE org_id = '{journeys.ORG}'"
        found = {tuple(row) for row in built.client.query(sql)[1]}
        assert found
        assert found <= {(*item, *kind) for item, kind in kinds.items()}, table


def make_events(seed: int) -> list[Event]:
    """A site's plays and sales of few items on three days, by few people, some of them nobody, in no order."""
    random = Random(seed)
    site_id, _ = journeys.make_site(seed)
    events = []
    for _ in range(random.randrange(1, 120)):
        properties: dict[str, Any] = {"content_id": random.choice(("a", "b", "c", "", 7, None))}
        for name, words in (("content_type", ("video", "post", 3)), ("creator_id", ("ada", "kim", "zoe"))):
            if random.random() < 0.1:
                properties[name] = random.choice(words)
        name = random.choice(("play", "pause", "complete", *REVENUE_EVENTS * 2, "cart"))
        if name not in journeys.MEDIA_EVENTS:
            properties |= {"amount": random.choice(journeys.AMOUNTS), "currency": random.choice(("usd", "USD", "eur"))}
        events.append(
            Event(
                site_id=site_id,
                id=UUID(int=random.getrandbits(128)),
                event=name,
                occurred_ms=MORNING_MS + random.choice((0, 1, HOUR_MS, DAY_MS - 1)) + random.randrange(2) * DAY_MS,
                visitor_id=random.choice(("", "phone", "laptop", "till")),
                user_id=random.choice(("", "", "ann", "bob")),
                properties={name: value for name, value in properties.items() if value is not None},
                is_bot=random.random() < 0.1,
            )
        )
    return events


def sale(number: int, item: str, amount: int, after_ms: int = 0, **said: str) -> Event:
    properties = {"content_id": item, "amount": amount, "currency": "EUR"} | said
    return Event("shop", UUID(int=number), "purchase", MORNING_MS + after_ms, "phone", properties=properties)


def play(number: int, item: str, **said: str) -> Event:
    return Event("shop", UUID(int=number), "play", MORNING_MS, "phone", properties={"content_id": item} | said)


def build(models: Models, *arguments: str) -> None:
    done = models.dbt(*BUILD, *arguments)
    assert done.returncode == 0, done.stdout


def earned(models: Models, *arguments: str) -> list[tuple[Any, ...]]:
    """What the report says of the shop after a build."""
    build(models, *arguments)
    sql = f"SELECT toString(day), content_id, {OF_ITEMS} WHERE site_id = 'shop' ORDER BY ALL"
    return [tuple(row) for row in models.client.query(sql)[1]]


def insert(models: Models, *events: Event, first_sequence: int, received_ms: int) -> None:
    rows = [journeys.event_row(event, first_sequence + n) for n, event in enumerate(events)]
    models.insert("raw_events.events", [row | {"received_at": clock(received_ms)} for row in rows])


def test_what_comes_late_and_changes_an_item_changes_what_it_earned_on_all_its_days(built: Models) -> None:
    evening_ms = MORNING_MS + 12 * HOUR_MS
    first = sale(1, "a", 500), sale(2, "a", 70, DAY_MS), sale(3, "b", 9, creator_id="kim")
    insert(built, *first, first_sequence=10**6, received_ms=evening_ms)
    assert earned(built) == [
        ("2026-03-05", "a", "", "", "eur", 1, 500, 1),
        ("2026-03-05", "b", "", "kim", "eur", 1, 9, 1),
        ("2026-03-06", "a", "", "", "eur", 1, 70, 1),
    ]

    # A sale of another day says who made it, and a play of b who made that.
    later = sale(4, "a", 1, 2 * DAY_MS, creator_id="lee", content_type="post"), play(5, "b", creator_id="ada")
    insert(built, *later, first_sequence=10**6 + 10, received_ms=evening_ms)
    assert earned(built) == [
        ("2026-03-05", "a", "post", "lee", "eur", 1, 500, 1),
        ("2026-03-05", "b", "", "ada", "eur", 1, 9, 1),
        ("2026-03-06", "a", "post", "lee", "eur", 1, 70, 1),
        ("2026-03-07", "a", "post", "lee", "eur", 1, 1, 1),
    ]

    # First receipts come last: the sale that said so was of another item, and the play said nothing.
    first = sale(4, "b", 2, 2 * DAY_MS), play(5, "b")
    insert(built, *first, first_sequence=10**6 + 20, received_ms=evening_ms - SECOND_MS)
    last = earned(built)
    assert last == [
        ("2026-03-05", "a", "", "", "eur", 1, 500, 1),
        ("2026-03-05", "b", "", "kim", "eur", 1, 9, 1),
        ("2026-03-06", "a", "", "", "eur", 1, 70, 1),
        ("2026-03-07", "b", "", "kim", "eur", 1, 2, 1),
    ]
    assert not built.client.rows("SELECT DISTINCT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    assert earned(built, "--full-refresh") == last
