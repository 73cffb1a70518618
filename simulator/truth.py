"""What the models must say about a simulation, computed from its script by counting, with no SQL.

Definitions: a session is a visitor's events on a site with no gap of more than 30 minutes between one and the next; it
belongs to the local day of its first event, in the site's time zone. A bounce is a session with exactly one page view.
Crawlers are counted apart. An event without a visitor takes no part in sessions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from simulator.catalogue import SimulatedSite
from simulator.event import ScriptedEvent, instant

SESSION_GAP_MS = 30 * 60 * 1000
ENGAGED_MS = 10_000


@dataclass(slots=True)
class SiteDayTruth:
    """One site on one local day. People only, unless it says bot."""

    events: int = 0
    page_views: int = 0
    visitors: int = 0
    """Visitors of the sessions that started on this day."""
    sessions: int = 0
    """Sessions that started on this day."""
    new_visitors: int = 0
    """Visitors whose first session started on this day."""
    bounces: int = 0
    engaged_sessions: int = 0
    """Sessions of ten seconds or longer, or with two page views or more."""
    duration_ms: int = 0
    """From the first to the last event, over all sessions that started on this day."""
    bot_events: int = 0
    bot_page_views: int = 0
    bot_sessions: int = 0

    @property
    def bounce_rate(self) -> float:
        """Bounces as a share of sessions, 0 without sessions."""
        return self.bounces / self.sessions if self.sessions else 0.0

    @property
    def average_duration_seconds(self) -> float:
        """Mean session duration, 0 without sessions."""
        return self.duration_ms / 1000 / self.sessions if self.sessions else 0.0


@dataclass(slots=True)
class UsageTruth:
    """One organization, one UTC day, one metric, which is the name of an event. Crawlers left out."""

    events: int = 0
    quantity: int = 0
    """Sum of the property ``quantity``; an event without it counts 1."""


@dataclass(slots=True)
class ContentTruth:
    """One item of content on one site, in one currency. Crawlers left out."""

    purchases: int = 0
    revenue: int = 0
    """In minor units."""


@dataclass(slots=True)
class LedgerTruth:
    """What becomes of everything the client sends: received = counted + bots + duplicates + rejected.

    A repeated event counts as a duplicate whether or not a crawler sent it.
    """

    received: int = 0
    counted: int = 0
    bots: int = 0
    duplicates: int = 0
    rejected: int = 0

    def __add__(self, other: "LedgerTruth") -> "LedgerTruth":
        return LedgerTruth(
            self.received + other.received,
            self.counted + other.counted,
            self.bots + other.bots,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
        )


@dataclass(slots=True)
class Truth:
    """The numbers a simulation must yield."""

    site_days: dict[tuple[str, date], SiteDayTruth] = field(default_factory=dict)
    """By site and local day."""
    usage: dict[tuple[str, date, str], UsageTruth] = field(default_factory=dict)
    """By organization, UTC day and metric."""
    content: dict[tuple[str, str, str], ContentTruth] = field(default_factory=dict)
    """By site, item and currency."""
    ledger: dict[str, LedgerTruth] = field(default_factory=dict)
    """By site."""
    rejected_codes: dict[str, dict[str, int]] = field(default_factory=dict)
    """By site and code."""
    funnels: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By site: the people who reached each step of `definitions.FUNNEL`. Planned, not counted."""

    @property
    def total(self) -> LedgerTruth:
        """The ledger of all sites."""
        return sum(self.ledger.values(), LedgerTruth())

    @property
    def sessions(self) -> int:
        """Sessions of people on all sites and days."""
        return sum(day.sessions for day in self.site_days.values())


def count_site_days(
    sites: Iterable[SimulatedSite], script: Iterable[ScriptedEvent]
) -> dict[tuple[str, date], SiteDayTruth]:
    """Count the script's events by site and local day. The script may be in any order."""
    zones = {site.site_id: ZoneInfo(site.timezone) for site in sites}
    days: defaultdict[tuple[str, date], SiteDayTruth] = defaultdict(SiteDayTruth)
    visits: defaultdict[tuple[str, str, bool], list[tuple[int, bool]]] = defaultdict(list)
    for scripted in script:
        site_id, visitor_id = scripted.site_id, scripted.sent.visitor_id
        local_day = instant(scripted.occurred_ms).astimezone(zones[site_id]).date()
        is_page_view = scripted.sent.event == "page_view"
        day = days[site_id, local_day]
        if visitor_id:
            visits[site_id, visitor_id, scripted.is_bot].append((scripted.occurred_ms, is_page_view))
        if scripted.is_bot:
            day.bot_events += 1
            day.bot_page_views += is_page_view
            continue
        day.events += 1
        day.page_views += is_page_view
    _count_sessions(visits, zones, days)
    return dict(days)


def _count_sessions(
    visits: dict[tuple[str, str, bool], list[tuple[int, bool]]],
    zones: dict[str, ZoneInfo],
    days: defaultdict[tuple[str, date], SiteDayTruth],
) -> None:
    for (site_id, _, is_bot), moments in visits.items():
        moments.sort()
        starts = [0, *(n for n, (a, b) in enumerate(pairwise(moments), start=1) if b[0] - a[0] > SESSION_GAP_MS)]
        seen_on: set[date] = set()
        for first, end in pairwise([*starts, len(moments)]):
            local_day = instant(moments[first][0]).astimezone(zones[site_id]).date()
            day = days[site_id, local_day]
            if is_bot:
                day.bot_sessions += 1
                continue
            page_views = sum(is_page_view for _, is_page_view in moments[first:end])
            duration_ms = moments[end - 1][0] - moments[first][0]
            day.sessions += 1
            day.visitors += local_day not in seen_on
            seen_on.add(local_day)
            day.new_visitors += first == 0
            day.bounces += page_views == 1
            day.engaged_sessions += duration_ms >= ENGAGED_MS or page_views >= 2
            day.duration_ms += duration_ms


def count_usage(
    sites: Iterable[SimulatedSite], script: Iterable[ScriptedEvent]
) -> dict[tuple[str, date, str], UsageTruth]:
    """Count the script's events by organization, UTC day and event."""
    organizations = {site.site_id: site.org_id for site in sites}
    usage: defaultdict[tuple[str, date, str], UsageTruth] = defaultdict(UsageTruth)
    for scripted in script:
        if scripted.is_bot:
            continue
        sent = scripted.sent
        row = usage[organizations[scripted.site_id], sent.occurred_at.date(), sent.event]
        row.events += 1
        row.quantity += (sent.properties or {}).get("quantity", 1)
    return dict(usage)


def count_content(script: Iterable[ScriptedEvent]) -> dict[tuple[str, str, str], ContentTruth]:
    """Count the script's purchases of content by site, item and currency."""
    content: defaultdict[tuple[str, str, str], ContentTruth] = defaultdict(ContentTruth)
    for scripted in script:
        properties = scripted.sent.properties or {}
        if scripted.sent.event == "purchase" and "content_id" in properties and not scripted.is_bot:
            row = content[scripted.site_id, properties["content_id"], properties["currency"]]
            row.purchases += 1
            row.revenue += properties["amount"]
    return dict(content)


def count_ledger(
    script: Iterable[ScriptedEvent], duplicates: Counter[str], rejected: dict[str, Counter[str]]
) -> dict[str, LedgerTruth]:
    """The ledger of each site, from the script, its repeats by site and its broken events by site and code."""
    ledger: defaultdict[str, LedgerTruth] = defaultdict(LedgerTruth)
    for scripted in script:
        entry = ledger[scripted.site_id]
        entry.bots += scripted.is_bot
        entry.counted += not scripted.is_bot
    for site_id, entry in ledger.items():
        entry.duplicates = duplicates[site_id]
        entry.rejected = rejected[site_id].total() if site_id in rejected else 0
        entry.received = entry.counted + entry.bots + entry.duplicates + entry.rejected
    return dict(ledger)
