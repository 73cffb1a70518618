"""What the models must say about a list of receipts, by counting in plain Python. Written from the rules, not the SQL.

Times are whole milliseconds since 1970, in UTC.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
THIRTY_MINUTES_MS = 30 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt of an event. ``quantity`` is JSON text, '' for an event without one."""

    org_id: str
    site_id: str
    id: str
    event: str
    occurred_ms: int
    received_ms: int
    collector_id: str
    sequence: int
    visitor_id: str = ""
    user_id: str = ""
    path: str = ""
    referrer: str = ""
    utm_source: str = ""
    gclid: str = ""
    device_type: str = ""
    country: str = ""
    is_bot: bool = False
    quantity: str = ""


def moment(milliseconds: int) -> datetime:
    """An instant in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


def count_events(receipts: Iterable[Receipt]) -> tuple[list[Receipt], list[Receipt]]:
    """The first receipt of each event, and all others, each receipt once however often it is given."""
    in_order = sorted(set(receipts), key=lambda receipt: (receipt.received_ms, receipt.collector_id, receipt.sequence))
    events: dict[tuple[str, str, str], Receipt] = {}
    for receipt in in_order:
        events.setdefault((receipt.org_id, receipt.site_id, receipt.id), receipt)
    firsts = set(events.values())
    return list(events.values()), [receipt for receipt in in_order if receipt not in firsts]


def count_sessions(events: Iterable[Receipt], zones: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of ``fct_sessions`` without their ids. ``zones``: time zone by site; a site that is not named is in UTC."""
    histories: defaultdict[tuple[str, str, str, bool], list[Receipt]] = defaultdict(list)
    for event in events:
        if event.visitor_id:
            histories[event.org_id, event.site_id, event.visitor_id, event.is_bot].append(event)
    rows = []
    for history in histories.values():
        history.sort(key=lambda event: (event.occurred_ms, event.id))
        sessions: list[list[Receipt]] = []
        for event in history:
            if not sessions or event.occurred_ms - sessions[-1][-1].occurred_ms > THIRTY_MINUTES_MS:
                sessions.append([])
            sessions[-1].append(event)
        rows += [_describe(session, session is sessions[0], zones) for session in sessions]
    return rows


def _describe(session: list[Receipt], is_first: bool, zones: dict[str, str]) -> dict[str, Any]:
    first, last = session[0], session[-1]
    page_views = [event for event in session if event.event == "page_view"]
    known_users = [event.user_id for event in session if event.user_id]
    duration_ms = last.occurred_ms - first.occurred_ms
    return {
        "org_id": first.org_id,
        "site_id": first.site_id,
        "visitor_id": first.visitor_id,
        "user_id": known_users[-1] if known_users else "",
        "day": _local_day(first, zones),
        "started_at": moment(first.occurred_ms),
        "ended_at": moment(last.occurred_ms),
        "duration_seconds": seconds(duration_ms),
        "events": len(session),
        "page_views": len(page_views),
        "entry_path": page_views[0].path if page_views else "",
        "exit_path": page_views[-1].path if page_views else "",
        "is_bot": first.is_bot,
        "is_new_visitor": is_first,
        "is_bounce": len(page_views) == 1,
        "is_engaged": duration_ms >= 10_000 or len(page_views) > 1,
        "referrer": first.referrer,
        "utm_source": first.utm_source,
        "click_id": "gclid" if first.gclid else "",
        "device_type": first.device_type,
        "country": first.country,
    }


def _local_day(event: Receipt, zones: dict[str, str]) -> date:
    return moment(event.occurred_ms).astimezone(ZoneInfo(zones.get(event.site_id, "UTC"))).date()


def count_site_days(
    events: Iterable[Receipt], sessions: Iterable[dict[str, Any]], zones: dict[str, str]
) -> list[dict[str, Any]]:
    """Rows of ``rpt_site_daily``."""
    happened: defaultdict[tuple[str, str, date], list[Receipt]] = defaultdict(list)
    for event in events:
        happened[event.org_id, event.site_id, _local_day(event, zones)].append(event)
    started: defaultdict[tuple[str, str, date], list[dict[str, Any]]] = defaultdict(list)
    for session in sessions:
        started[session["org_id"], session["site_id"], session["day"]].append(session)
    rows = []
    for (org_id, site_id, day), of_day in happened.items():
        people = [event for event in of_day if not event.is_bot]
        all_visits = started[org_id, site_id, day]
        visits = [session for session in all_visits if not session["is_bot"]]
        total = sum((session["duration_seconds"] for session in visits), Decimal(0))
        bounces = sum(session["is_bounce"] for session in visits)
        rows.append(
            {
                "org_id": org_id,
                "site_id": site_id,
                "day": day,
                "timezone": zones.get(site_id, "UTC"),
                "events": len(people),
                "page_views": sum(event.event == "page_view" for event in people),
                "visitors": len({session["visitor_id"] for session in visits}),
                "new_visitors": sum(session["is_new_visitor"] for session in visits),
                "sessions": len(visits),
                "bounces": bounces,
                "engaged_sessions": sum(session["is_engaged"] for session in visits),
                "total_duration_seconds": total,
                "bounce_rate": bounces / len(visits) if visits else 0.0,
                "average_duration_seconds": float(total) / len(visits) if visits else 0.0,
                "bot_events": len(of_day) - len(people),
                "bot_page_views": sum(event.is_bot and event.event == "page_view" for event in of_day),
                "bot_sessions": len(all_visits) - len(visits),
            }
        )
    return rows


def count_usage(events: Iterable[Receipt]) -> list[dict[str, Any]]:
    """Rows of ``rpt_daily_usage``."""
    return _count_usage(events, "day", lambda at: at.date())


def count_hourly_usage(events: Iterable[Receipt]) -> list[dict[str, Any]]:
    """Rows of ``rpt_hourly_usage``."""
    return _count_usage(events, "hour", lambda at: at.replace(minute=0, second=0, microsecond=0))


def _count_usage(events: Iterable[Receipt], period: str, period_of: Callable[[datetime], date]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, date, str]] = Counter()
    quantities: defaultdict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for event in events:
        if not event.is_bot:
            key = event.org_id, period_of(moment(event.occurred_ms)), event.event
            counts[key] += 1
            quantities[key] += Decimal(event.quantity or 1)
    return [
        {"org_id": key[0], period: key[1], "metric": key[2], "events": count, "quantity": quantities[key]}
        for key, count in counts.items()
    ]


def count_ledger(
    events: Iterable[Receipt], duplicates: Iterable[Receipt], rejected: Iterable[Receipt]
) -> list[dict[str, Any]]:
    """Rows of ``rpt_ingestion_ledger``."""
    outcomes = [(event, "bots" if event.is_bot else "counted") for event in events]
    outcomes += [(receipt, "duplicates") for receipt in duplicates] + [(receipt, "rejected") for receipt in rejected]
    rows: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for receipt, outcome in outcomes:
        hour = rows[receipt.org_id, receipt.site_id, receipt.received_ms // HOUR_MS]
        hour[outcome] += 1
        hour["received"] += 1
    names = ("received", "counted", "bots", "duplicates", "rejected")
    return [
        {"org_id": org_id, "site_id": site_id, "hour": moment(hour * HOUR_MS)} | {name: row[name] for name in names}
        for (org_id, site_id, hour), row in rows.items()
    ]


def count_late_events(events: Iterable[Receipt]) -> list[dict[str, Any]]:
    """Rows of ``rpt_late_events``."""
    rows: Counter[tuple[str, str, int, int]] = Counter()
    for event in events:
        days_late = (event.received_ms - event.occurred_ms) // DAY_MS
        if days_late >= 1:
            rows[event.org_id, event.site_id, event.received_ms // HOUR_MS, days_late] += 1
    return [
        {"org_id": org_id, "site_id": site_id, "hour": moment(hour * HOUR_MS), "days_late": days, "events": events}
        for (org_id, site_id, hour, days), events in rows.items()
    ]
