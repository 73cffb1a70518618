"""Random worlds: what one organization's collectors received, and in which order it came to the warehouse.

A world is made of batches. Each batch is loaded and built before the next one is; what the models say in the end must
not depend on how the world was cut into batches. Times are whole milliseconds since 1970, in UTC.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from tests.dbt_project import journeys
from tests.dbt_project.accounts import make_account
from tests.dbt_project.oracle import DAY_MS, HOUR_MS, THIRTY_MINUTES_MS, moment
from tests.dbt_project.quotas import QUOTAS
from tests.dbt_project.traffic import ZONES

NOW_MS = 1_790_000_000_000
"""An afternoon in September 2026."""

MINUTE_MS = 60_000
LOAD_STEP_MS = 10 * MINUTE_MS
LATEST_VISIBILITY_MS = 14 * MINUTE_MS
"""A row becomes visible up to this long after its loaded_at: less than the models' overlap, more than a step."""

GAPS_MS = (
    *(0, 1, 300, 9_999, 60_000, 20 * MINUTE_MS, THIRTY_MINUTES_MS - 1, THIRTY_MINUTES_MS, THIRTY_MINUTES_MS + 1),
    *(59 * MINUTE_MS, 5 * HOUR_MS, DAY_MS, 9 * DAY_MS, 70 * DAY_MS),
)
GAP_WEIGHTS = (2, 2, 2, 2, 6, 6, 4, 4, 4, 4, 3, 2, 1, 0.3)

EVENTS = (
    *("page_view",) * 8,
    *("click", "click", "click", "scroll", "error", "signup", "purchase", "purchase", "cancel"),
    *journeys.MEDIA_EVENTS,
    *("api.request", "job.completed", "job.failed"),
    *("move", "move", "attention"),
)
DEFINITIONS: dict[str, dict[str, Any]] = {
    "goals": journeys.GOALS,
    "funnels": journeys.FUNNELS,
    "cohorts": journeys.COHORTS,
    "channel_rules": journeys.RULES,
    "segments": journeys.SEGMENTS,
}

Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What becomes visible between two builds."""

    events: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    segments: list[Row] = field(default_factory=list)
    stripe: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class World:
    """``control``: rows of the tables of ``raw_control`` as they are at each build."""

    org_id: str
    batches: list[Batch]
    control: list[dict[str, list[Row]]]


def make_world(seed: int, batches: int) -> World:
    """The world of a seed, cut into so many batches."""
    random = Random(seed)
    org_id = f"world-{seed}"
    sites = [f"site-{n}" for n in range(random.choice((1, 1, 2)))]
    parts = [Batch() for _ in range(batches)]
    sequence = 0
    for event in _happen(random, sites):
        for receipt in _receive(random, event):
            sequence += 1
            receipt |= {"org_id": org_id, "collector_id": f"{org_id}-{random.randrange(2)}", "sequence": sequence}
            _arrive(random, parts, receipt)
    for site in sites:
        # A random of its own: what Stripe has depends on no event.
        account = make_account(Random(f"{seed}/{site}"), org_id, site, NOW_MS // 1000)
        for table, rows in account.items():
            for row in rows:
                for load in {random.choice((0, 0, random.randrange(batches)))} | _once_more(random, batches):
                    parts[load].stripe[table].append(row | {"loaded_ms": _loaded_ms(random, load)})
    return World(org_id, parts, _control(random, org_id, sites, batches))


def _happen(random: Random, sites: list[str]) -> Iterator[Row]:
    """Events as visitors cause them, some of them in bursts that bridge sessions, some alone on their day.

    No day is too early for a clock that was never set.
    """
    for visitor in range(random.randrange(2, 6)):
        occurred_ms = NOW_MS - random.randrange(40 * DAY_MS)
        for _ in range(random.randrange(1, 16)):
            occurred_ms += random.choices(GAPS_MS, GAP_WEIGHTS)[0]
            yield _event(random, sites, f"visitor-{visitor}" if visitor else "", occurred_ms)
    for _ in range(random.randrange(3)):
        day = random.choice((0, random.randrange(365 * 20)))
        yield _event(random, sites, "wanderer", day * DAY_MS + random.choice((0, random.randrange(DAY_MS))))
    # One session of several days, which a late event may cut or lengthen at either end.
    if random.random() < 0.3:
        start_ms = NOW_MS - 50 * DAY_MS
        for step in range(random.randrange(100, 200)):
            if random.random() < 0.98:
                yield _event(
                    random, sites[:1], "monitor", start_ms + step * 29 * MINUTE_MS, is_bot=random.random() < 0.05
                )


def _event(random: Random, sites: list[str], visitor_id: str, occurred_ms: int, is_bot: bool | None = None) -> Row:
    event = random.choice(EVENTS)
    row: Row = {
        "id": str(UUID(int=random.getrandbits(128))),
        "event": event,
        "occurred_ms": occurred_ms,
        "received_ms": occurred_ms + random.choice((0, 40, HOUR_MS, DAY_MS - 1, DAY_MS, 3 * DAY_MS)),
        "site_id": random.choice(sites),
        "visitor_id": visitor_id,
        "user_id": random.choice(("", "", "ann", "bob")),
        "path": random.choice(journeys.PATHS),
        "referrer": random.choice(("", "https://example.org/", "https://www.google.com/", "https://chat.openai.com/")),
        "utm_source": random.choice(("", "newsletter")),
        "utm_medium": random.choice(("", "", "cpc")),
        "gclid": random.choice(("", "", "x")),
        "device_type": random.choice(("desktop", "mobile")),
        "country": random.choice(("", "NP", "US")),
        "is_bot": random.random() < 0.15 if is_bot is None else is_bot,
        "service": random.choice(("", "web")),
        "properties": json.dumps(_properties(random, event)),
    }
    if not visitor_id and event == "page_view" and row["path"] in ("/", "/pricing"):
        # A server is told of money and not of pages, and no session says when what it is told changes.
        row |= {"event": "invoice.paid", "properties": json.dumps({"amount": 500, "currency": "EUR"})}
    return row


def _properties(random: Random, event: str) -> Row:
    """What the models read of an event of that name, and a quantity that some have."""
    some: Row = random.choice(({}, {"quantity": 2}, {"quantity": -0.1}))
    if event == "click":
        return some | {"x": random.choice((0, 18, 31)), "y": random.choice((0, 24))}
    if event == "move":
        return some | {"x": random.choice((-1, 19, 20)), "y": random.choice((0, 1e7))}
    if event == "attention":
        return some | {"y": random.choice((99, 100)), "duration_ms": random.choice((-1, 0, 250, 4e6))}
    if event == "scroll":
        return some | {"depth": random.choice((24, 25, 60, 90, 100))}
    if event in journeys.MEDIA_EVENTS:
        item = {"content_id": random.choice("ab"), "position_seconds": random.choice((0, 1.5, 59.999))}
        return some | item | random.choice(({}, {"creator_id": "kim", "duration_seconds": 60}))
    if event == "api.request":
        times = {"status": random.choice((200, 404, 500)), "duration_ms": random.choice((0.1, 20, 3000.5))}
        return some | times | {"method": "GET", "endpoint": random.choice(("/a", "/b"))}
    if event.startswith("job."):
        times = {"wait_ms": random.choice((0, 7.25)), "duration_ms": random.choice((0.1, 900))}
        return some | times | {"queue": "slow", "job": random.choice(("mail", "export"))}
    worth: Row = random.choice(({}, {"amount": 1999, "currency": random.choice(("usd", "eur"))}))
    if event == "purchase":
        # Of what is never played, only sales say what it is.
        item = {"content_id": random.choice(("a", "b", "c", "d")), "content_type": random.choice(("", "post"))}
        worth |= random.choice(({}, item, item | {"creator_id": random.choice(("ada", "lee"))}))
    return some | worth | {"plan": random.choice(("team", "solo"))} if event != "page_view" else some


def _receive(random: Random, event: Row) -> Iterator[Row]:
    """The receipts of an event: retries may carry another time, visitor or day, and any of them may be the first."""
    yield dict(event)
    while random.random() < 0.2:
        again = dict(event, path="/changed")
        # The collector refuses what is from before 1970.
        again["occurred_ms"] = max(
            0, again["occurred_ms"] + random.choice((0, 0, 1, 25 * MINUTE_MS, -DAY_MS, 40 * DAY_MS))
        )
        again["received_ms"] += random.choice((-DAY_MS, -1, 0, 1, HOUR_MS))
        if random.random() < 0.2:
            again["visitor_id"] = random.choice(("", "visitor-1", "stranger"))
        yield again


def _arrive(random: Random, parts: list[Batch], receipt: Row) -> None:
    """Put a receipt into a batch, some into two; a few are refused by the warehouse, before they come or after."""
    number = random.choice((0, 0, random.randrange(len(parts)), random.randrange(len(parts))))
    for load in {number} | (_once_more(random, len(parts))):
        loaded_ms = _loaded_ms(random, load)
        parts[load].events.append(receipt | {"loaded_ms": loaded_ms})
        parts[load].segments.append(
            {
                "collector_id": receipt["collector_id"],
                "first_sequence": receipt["sequence"],
                "last_sequence": receipt["sequence"],
                "events": 1,
                "loaded_ms": loaded_ms,
            }
        )
    if random.random() < 0.06:
        refused = {name: receipt[name] for name in ("org_id", "site_id", "received_ms", "collector_id", "sequence")}
        load = random.randrange(len(parts))
        parts[load].rejected.append(refused | {"code": "refused_by_warehouse", "loaded_ms": _loaded_ms(random, load)})
    if random.random() < 0.05:
        invalid = {name: receipt[name] for name in ("org_id", "site_id", "received_ms", "collector_id")}
        invalid |= {"code": "invalid_event", "sequence": receipt["sequence"] + 1_000_000}
        for load in random.sample(range(len(parts)), 2):
            parts[load].rejected.append(invalid | {"loaded_ms": _loaded_ms(random, load)})


def _once_more(random: Random, batches: int) -> set[int]:
    """The batch in which something comes again, if it does."""
    return {random.randrange(batches)} if random.random() < 0.1 else set()


def _loaded_ms(random: Random, batch: int) -> int:
    return NOW_MS + batch * LOAD_STEP_MS - random.choice((0, 1, random.randrange(LATEST_VISIBILITY_MS)))


def _control(random: Random, org_id: str, sites: list[str], builds: int) -> list[dict[str, list[Row]]]:
    """The control database at each build: mostly complete from the start and never changed."""
    organization = {"id": org_id, "name": org_id, "created_ms": 0}
    control: list[dict[str, list[Row]]] = [
        {
            "organizations": [organization],
            **{table: [] for table in ("sites", "stripe_connections", "quotas", *DEFINITIONS)},
        }
        for _ in range(builds)
    ]
    for site in sites:
        of_site = {"org_id": org_id, "created_ms": 0}
        for tables, zone in zip(control, _versions(random, builds, random.choice(ZONES), ZONES), strict=True):
            if zone:
                tables["sites"].append(of_site | {"id": site, "name": site, "timezone": zone})
        # One that is connected anew may be so in the other mode.
        for tables, mode in zip(control, _versions(random, builds, "live", ("test", "")), strict=True):
            if mode:
                tables["stripe_connections"].append(
                    {"org_id": org_id, "site_id": site, "livemode": mode == "live", "created_ms": 0}
                )
        for table, definitions in DEFINITIONS.items():
            for name in definitions:
                # A change gives one definition the meaning of another.
                for tables, meaning in zip(control, _versions(random, builds, name, tuple(definitions)), strict=True):
                    if meaning:
                        definition = journeys.encode(definitions[meaning])
                        row = of_site | {"id": name, "site_id": site, "name": name, "definition": definition}
                        tables[table].append(row)
    for name in QUOTAS:
        for tables, meaning in zip(control, _versions(random, builds, name, tuple(QUOTAS)), strict=True):
            if meaning:
                row = {"id": name, "org_id": org_id, "name": name, "definition": journeys.encode(QUOTAS[meaning])}
                tables["quotas"].append(row | {"created_ms": 0})
    return control


def _versions(random: Random, builds: int, first: str, others: Sequence[str]) -> list[str]:
    """A value at each build; '' while it is not known yet."""
    versions = [first] * builds
    if random.random() < 0.1:
        known_from = random.randrange(builds)
        versions[:known_from] = [""] * known_from
    if random.random() < 0.1:
        changed_at = random.randrange(builds)
        versions[changed_at:] = [random.choice(others)] * (builds - changed_at)
    return versions


def json_lines(rows: list[Row]) -> str:
    """Rows as ClickHouse reads them: ``*_ms`` become the columns ``*_at``."""
    return "\n".join(json.dumps({_column(name): _value(name, value) for name, value in row.items()}) for row in rows)


def _column(name: str) -> str:
    return name.replace("_ms", "_at")


def _value(name: str, value: Any) -> Any:
    to_text: Callable[[int], str] = lambda ms: moment(ms).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]  # noqa: E731
    return to_text(value) if name.endswith("_ms") else value
