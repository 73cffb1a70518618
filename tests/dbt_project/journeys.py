"""Random journeys of visitors for the models beyond sessions, and what customers define on their sites.

Gaps lie on and beside every limit: nothing, a millisecond, the session's thirty minutes, a funnel's window, the
look-back of attribution. Times are whole milliseconds since 1970, UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from headwater.contracts.definition import (
    Behavior,
    ChannelRule,
    Cohort,
    Condition,
    Definition,
    EventMatch,
    Funnel,
    FunnelStep,
    Goal,
    Segment,
    Trait,
)
from tests.dbt_project.particulars import more_properties

ORG = "walks"
SEEDS = range(30)
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
START_MS = 1_772_700_000_000
"""5 March 2026, three days before New York changes its clocks."""

AMOUNT_AT_MOST = 10**12
"""Minor units; a larger amount is none."""

AMOUNTS = (1, 100, 1999, 10_001, AMOUNT_AT_MOST, AMOUNT_AT_MOST + 1)

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
GAPS_MS = (
    *(0, 0, 1, 300, 1000, 1001, 9_999, 10_000, 5 * MINUTE_MS, 20 * MINUTE_MS),
    *(30 * MINUTE_MS, 30 * MINUTE_MS + 1, HOUR_MS, 7 * HOUR_MS, DAY_MS, DAY_MS + 1, 6 * DAY_MS, 15 * DAY_MS),
    *(30 * DAY_MS, 30 * DAY_MS + 1),
)
PATHS = ("/", "/", "/pricing", "/docs/start", "/docs/api", "/thanks")
MEDIA_EVENTS = ("play", "pause", "resume", "progress", "complete")
WEB_EVENTS = (*("click",) * 4, "scroll", "scroll", "move", "attention", "error", "error", "play", *MEDIA_EVENTS)
SERVICE_EVENTS = ("api.request", "job.completed", "job.failed")
EVENTS = (
    *("page_view",) * 16,
    *("signup", "signup", "signup", "signup", "purchase", "purchase", "cancel"),
    *WEB_EVENTS,
    *SERVICE_EVENTS,
)
ARRIVALS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"referrer": "https://www.google.co.uk/"},
    {"referrer": "https://news.ycombinator.com/item"},
    {"referrer": "https://chat.openai.com/"},
    {"referrer": "https://x.com/i/grok"},
    {"referrer": "https://x.com/someone/status/1"},
    {"referrer": "https://shop.example/cart"},
    {"referrer": "https://a.partner.example/tools/list/all"},
    {"referrer": "https://mail.google.com/mail/u/0"},
    {"utm_source": "Google", "utm_medium": "CPC", "utm_campaign": "Brand", "click_id": "gclid"},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "digest"},
    {"utm_source": "facebook", "utm_medium": "paid_social", "referrer": "https://l.facebook.com/"},
    {"utm_campaign": "spring-shop"},
    {"click_id": "msclkid"},
    {"click_id": "fbclid", "referrer": "https://l.facebook.com/"},
)


@dataclass(frozen=True, slots=True)
class Event:
    """A counted event. ``click_id`` is the name of one."""

    site_id: str
    id: UUID
    event: str
    occurred_ms: int
    visitor_id: str = ""
    user_id: str = ""
    path: str = ""
    referrer: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    click_id: str = ""
    properties: dict[str, Any] = field(default_factory=dict, hash=False)
    is_bot: bool = False
    device_type: str = "desktop"
    browser: str = ""
    os: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    viewport_width: int = 0

    @property
    def order(self) -> tuple[int, UUID]:
        return self.occurred_ms, self.id

    @property
    def is_page_view(self) -> bool:
        return self.event == "page_view"


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor's events without a gap of more than 30 minutes."""

    events: tuple[Event, ...]

    @property
    def first(self) -> Event:
        return self.events[0]

    @property
    def last(self) -> Event:
        return self.events[-1]

    @property
    def page_views(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.is_page_view)


GOALS = {
    "thanks": Goal(
        kind="event", match=EventMatch("page_view", (Condition("path", "equals", "/thanks"),)), is_once_per_session=True
    ),
    "docs": Goal(
        kind="event", match=EventMatch("page_view", (Condition("path", "contains", "docs"),)), lookback_days=1
    ),
    "docs-start": Goal(kind="event", match=EventMatch("page_view", (Condition("path", "regex", "^/docs/s"),))),
    "bought": Goal(
        kind="event",
        match=EventMatch("purchase", (Condition("properties.plan", "regex", "^(team|pro)$"),)),
        value=1000,
        value_property="amount",
        currency="usd",
    ),
    "long": Goal(kind="duration", more_than=180, value=7, currency="eur"),
    "deep": Goal(kind="pages", more_than=3),
}

_PAGE = {path: EventMatch("page_view", (Condition("path", "equals", path),)) for path in PATHS}
FUNNELS = {
    "ordered": Funnel(
        steps=(
            FunnelStep("home", _PAGE["/"]),
            FunnelStep("pricing", _PAGE["/pricing"]),
            FunnelStep("signup", EventMatch("signup")),
        ),
        window_seconds=86_400,
        breakdown="device_type",
    ),
    "optional": Funnel(
        steps=(
            FunnelStep("home", _PAGE["/"]),
            FunnelStep("docs", EventMatch("page_view", (Condition("path", "contains", "docs"),)), is_required=False),
            FunnelStep("pricing", _PAGE["/pricing"], is_required=False),
            FunnelStep("any page", EventMatch("page_view")),
            FunnelStep("purchase", EventMatch("purchase")),
        ),
        window_seconds=30 * 86_400,
        exclusions=(EventMatch("cancel", (Condition("properties.plan", "equals", "team"),)),),
        breakdown="properties.plan",
    ),
    "strict": Funnel(
        steps=(FunnelStep("home", _PAGE["/"]), FunnelStep("pricing", _PAGE["/pricing"])),
        order="strict",
        window_seconds=3600,
        breakdown="path",
    ),
    "any": Funnel(
        steps=(
            FunnelStep("signup", EventMatch("signup")),
            FunnelStep("purchase", EventMatch("purchase")),
            FunnelStep("docs", EventMatch("page_view", (Condition("path", "regex", "docs"),))),
        ),
        order="any",
        window_seconds=7 * 86_400,
        exclusions=(EventMatch("cancel"),),
        breakdown="country",
    ),
    "same": Funnel(
        steps=(FunnelStep("once", EventMatch("page_view")), FunnelStep("twice", EventMatch("page_view"))),
        window_seconds=1,
    ),
}
COHORTS = {
    "signed-up": Cohort(start_event="signup", return_event="purchase", breakdown="plan"),
    "readers": Cohort(start_event="page_view"),
}
RULES = {
    "b": ChannelRule("Agents", (Condition("source", "regex", "^(grok|chatgpt)$"),), position=2),
    "a": ChannelRule(
        "Partners",
        (Condition("referrer_host", "contains", "partner"), Condition("entry_path", "equals", "/pricing")),
        position=1,
    ),
}
"""On the sites of even seeds only."""

SEGMENTS = {
    "regulars": Segment((Behavior(EventMatch("page_view"), at_least=5), Behavior(EventMatch("signup"), at_least=2))),
    "undecided": Segment(
        (
            Behavior(EventMatch("page_view", (Condition("path", "contains", "docs"),)), at_most=3),
            Behavior(EventMatch("purchase"), at_least=0, at_most=0),
        )
    ),
    "team-buyers": Segment(
        (
            Behavior(EventMatch("purchase", (Condition("properties.plan", "regex", "^(team|pro)$"),)), at_most=2),
            Trait("is_known", "equals", "true"),
        )
    ),
    "found": Segment((Trait("first_channel", "regex", "Search|AI"), Trait("first_device_type", "equals", "mobile"))),
    "newcomers": Segment(
        (
            Trait("first_country", "equals", "NP"),
            Trait("first_entry_path", "contains", "/"),
            Behavior(EventMatch("click"), at_least=0, at_most=6),
        )
    ),
}


def make_site(seed: int) -> tuple[str, str]:
    """Name and time zone of a seed's site."""
    return f"walk-{seed}", ZONES[seed % len(ZONES)]


def make_events(seed: int) -> list[Event]:
    """A site's events, in no order."""
    random = Random(seed)
    site_id, _ = make_site(seed)
    events: list[Event] = []
    for number in range(random.randrange(3, 8)):
        visitor_id = f"v{number}" if number else ""
        occurred_ms = START_MS + random.randrange(3 * DAY_MS)
        user_id = ""
        for _ in range(random.randrange(1, 40)):
            occurred_ms += random.choice(GAPS_MS)
            user_id = random.choice((user_id, user_id, user_id, "", "ann", "bob", f"u{number}"))
            event = _make_event(random, site_id, occurred_ms, visitor_id, user_id)
            events.append(event)
            while event.event == "click" and random.random() < 0.5:
                occurred_ms += random.choice((0, 300, 500, 501))
                events.append(_click_again(random, event, occurred_ms))
    random.shuffle(events)
    return [replace(event, properties=event.properties | more_properties(event.event, event.id)) for event in events]


@cache
def all_events() -> list[Event]:
    """The events of all sites."""
    return [event for seed in SEEDS for event in make_events(seed)]


def _make_event(random: Random, site_id: str, occurred_ms: int, visitor_id: str, user_id: str) -> Event:
    name = random.choice(EVENTS)
    properties: dict[str, Any] = {}
    if name != "page_view":
        properties["plan"] = random.choice(("team", "pro", "solo", 7))
    if name == "click":
        properties |= {"x": random.choice((0, 18, 24, 31, 400)), "y": random.choice((0, 18, 24, 40))}
    if name == "scroll":
        properties["depth"] = random.choice((24, 25, 50, 74, 75, 89, 90, 100))
    if name in SERVICE_EVENTS:
        properties |= {"endpoint": "/a", "status": random.choice((200, 404, 500)), "duration_ms": 7, "wait_ms": 3}
    if name in MEDIA_EVENTS:
        properties |= {"content_id": random.choice("ab"), "position_seconds": random.choice((0, 1.5, 10, 59.999))}
        if random.random() < 0.3:
            properties |= {"creator_id": random.choice(("kim", "lee")), "duration_seconds": 60}
    if name == "purchase" and random.random() < 0.8:
        properties |= {
            "amount": random.choice(AMOUNTS),
            "currency": random.choice(("usd", "eur")),
        }
    if name == "cancel":
        # What somebody would have paid: money, but no revenue.
        properties |= {"amount": 1999, "currency": "usd"}
    return Event(
        site_id=site_id,
        id=UUID(int=random.getrandbits(128)),
        event=name,
        occurred_ms=occurred_ms,
        visitor_id=visitor_id,
        user_id=user_id,
        path=random.choice(PATHS),
        properties=properties,
        is_bot=random.random() < 0.04,
        device_type=random.choice(("desktop", "mobile")),
        browser=random.choice(("Firefox", "Safari")),
        os=random.choice(("Linux", "iOS")),
        country=random.choice(("", "NP", "US")),
        region=random.choice(("", "East")),
        city=random.choice(("", "Pokhara")),
        **random.choice(ARRIVALS),
    )


def _click_again(random: Random, click: Event, occurred_ms: int) -> Event:
    """On the same page, at the same place or beside it."""
    beside = {"x": click.properties["x"] + random.choice((0, 18, 30)), "y": click.properties["y"]}
    properties = click.properties | beside
    return replace(click, id=UUID(int=random.getrandbits(128)), occurred_ms=occurred_ms, properties=properties)


def split_sessions(events: list[Event]) -> list[Session]:
    """Sessions of each site's visitors, in order within a visitor; bot events make sessions of their own."""
    sessions = []
    with_visitor = sorted((event for event in events if event.visitor_id), key=_whose)
    for _, history in groupby(with_visitor, key=_whose):
        current: list[Event] = []
        for event in sorted(history, key=lambda event: event.order):
            if current and event.occurred_ms - current[-1].occurred_ms > 30 * MINUTE_MS:
                sessions.append(Session(tuple(current)))
                current = []
            current.append(event)
        sessions.append(Session(tuple(current)))
    return sessions


def _whose(event: Event) -> tuple[str, str, bool]:
    return event.site_id, event.visitor_id, event.is_bot


def resolve_people(events: list[Event]) -> dict[Event, tuple[str, str]]:
    """Whom each event of a person belongs to: ("user", user) or ("visitor", visitor), unique within the site."""
    last: dict[tuple[str, str], Event] = {}
    people = [event for event in events if not event.is_bot and (event.visitor_id or event.user_id)]
    for event in people:
        device = event.site_id, event.visitor_id
        if event.visitor_id and event.user_id and (device not in last or last[device].order < event.order):
            last[device] = event
    owners = {}
    for event in people:
        device = event.site_id, event.visitor_id
        user_id = event.user_id if not event.visitor_id else last[device].user_id if device in last else ""
        owners[event] = ("user", user_id) if user_id else ("visitor", event.visitor_id)
    return owners


def zone_of(site_id: str) -> ZoneInfo:
    """The time zone of a site."""
    return ZoneInfo(make_site(int(site_id.removeprefix("walk-")))[1])


def local_day(site_id: str, occurred_ms: int) -> date:
    """The day of an instant in the site's own time zone."""
    return moment(occurred_ms).astimezone(zone_of(site_id)).date()


def moment(milliseconds: int) -> datetime:
    """An instant in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def clock(milliseconds: int) -> str:
    """An instant as ClickHouse reads it."""
    return moment(milliseconds).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def event_row(event: Event, sequence: int) -> dict[str, Any]:
    """A row of ``raw_events.events``."""
    row = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    click_id = row.pop("click_id")
    if click_id:
        row[click_id] = "x"
    row |= {"id": str(event.id), "properties": msgspec.json.encode(event.properties).decode()}
    row["occurred_at"] = row["received_at"] = clock(row.pop("occurred_ms"))
    return row | {"org_id": ORG, "collector_id": "walks", "sequence": sequence}


def comparable(rows: Iterable[dict[str, Any]]) -> list[tuple[tuple[str, Any], ...]]:
    """Rows in one order, their values in one form: times as UTC, decimals without their trailing zeros."""
    return sorted(
        (tuple((name, _plain(value)) for name, value in sorted(row.items())) for row in rows),
        key=repr,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, Decimal):
        return value.normalize() + 0
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def definition_rows(site_id: str, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a table of definitions in ``raw_control``."""
    return [
        {
            "id": name,
            "org_id": ORG,
            "site_id": site_id,
            "name": name,
            "definition": encode(definition),
            "created_at": clock(0),
        }
        for name, definition in definitions.items()
    ]


def encode(definition: Definition) -> str:
    """A definition as the control database holds it."""
    return msgspec.json.encode(definition).decode()
