"""Events made in ClickHouse itself, as collectors of five busy sites would have landed them over 31 days."""

import json

from headwater.contracts.definition import (
    ChannelRule,
    Cohort,
    Condition,
    Definition,
    EventMatch,
    Funnel,
    FunnelStep,
    Goal,
    Quota,
)
from headwater.warehouse.client import Warehouse
from tests.dbt_project.journeys import encode
from tests.dbt_project.quotas import quota_rows

DAYS = 31
LAST_DAY = "2026-05-31"
ZONES = ("UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
EVENTS_IN_A_SESSION = 6
ROWS_AT_A_TIME = 1_000_000


EVENTS = {
    "page_view": 22,
    "click": 6,
    "scroll": 4,
    "api.request": 2,
    "job.completed": 1,
    "play": 1,
    "progress": 1,
    "complete": 1,
    "error": 1,
    "signup": 1,
}
"""Of forty events, how many have which name. Those of servers come without a visitor."""

_VIEW_OF = {
    part: EventMatch("page_view", (Condition("path", "contains", part),)) for part in ("/articles/1", "/articles/2")
}
DEFINITIONS: dict[str, dict[str, Definition]] = {
    "goals": {
        "signup": Goal(kind="event", match=EventMatch("signup"), value=1000, currency="usd"),
        "article": Goal(
            kind="event",
            match=EventMatch("page_view", (Condition("path", "equals", "/articles/7"),)),
            is_once_per_session=True,
        ),
        "long": Goal(kind="duration", more_than=200),
    },
    "funnels": {
        "reader": Funnel(
            steps=(
                FunnelStep("one", _VIEW_OF["/articles/1"]),
                FunnelStep("two", _VIEW_OF["/articles/2"]),
                FunnelStep("signup", EventMatch("signup")),
            ),
            exclusions=(EventMatch("error"),),
            breakdown="device_type",
        )
    },
    "cohorts": {"signups": Cohort(start_event="signup", return_event="page_view", breakdown="plan")},
    "channel_rules": {
        "partners": ChannelRule(
            channel="Partners", conditions=(Condition("referrer_host", "equals", "news.example.org"),)
        )
    },
}
"""What is defined on every site."""

QUOTAS = {
    "requests": Quota("api.request", 1_000, period="day"),
    "jobs": Quota("job.completed", 100_000, measure="quantity"),
}


def make_sites(client: Warehouse) -> None:
    """Sites of one organization, and on each of them all definitions."""
    sites = ", ".join(f"('site-{n}', 'bench', 'site-{n}', '{zone}')" for n, zone in enumerate(ZONES))
    client.command(f"INSERT INTO raw_control.sites (id, org_id, name, timezone) VALUES {sites}")
    client.command("INSERT INTO raw_control.organizations (id, name) VALUES ('bench', 'Bench')")
    for table, definitions in DEFINITIONS.items():
        rows = [
            {"id": name, "org_id": "bench", "site_id": f"site-{n}", "name": name, "definition": encode(definition)}
            for name, definition in definitions.items()
            for n in range(len(ZONES))
        ]
        client.command(f"INSERT INTO raw_control.{table} FORMAT JSONEachRow\n" + "\n".join(map(json.dumps, rows)))
    quotas = map(json.dumps, quota_rows("bench", QUOTAS))
    client.command("INSERT INTO raw_control.quotas FORMAT JSONEachRow\n" + "\n".join(quotas))


def make_events(client: Warehouse, first: int, rows: int, visitors: int, day: str, loaded_at: str = "") -> None:
    """Land events with numbers from ``first`` on, 1 in 200 of them a retry of the one before it.

    ``day`` and ``loaded_at`` are SQL expressions: how many days before LAST_DAY a session with the number ``session``
    and the hash ``chance`` is, and when its events are loaded; if not given, two seconds after they were received.
    """
    received_at = "occurred_at + toIntervalMillisecond(hash % 900)"
    if loaded_at:
        received_at = "toDateTime64(loaded_at - interval 2 second, 3, 'UTC')"
    for start in range(first, first + rows, ROWS_AT_A_TIME):
        client.command(_EVENTS.format(
            start=start,
            rows=min(ROWS_AT_A_TIME, first + rows - start),
            visitors=visitors,
            day=day,
            last_day=LAST_DAY,
            length=EVENTS_IN_A_SESSION,
            sites=len(ZONES),
            event_names=[name for name, count in EVENTS.items() for _ in range(count)],
            received_at=received_at,
            loaded_at=loaded_at or "received_at + interval 2 second",
        ))  # fmt: skip


_EVENTS = """
INSERT INTO raw_events.events (
    id, event, namespace, occurred_at, received_at, loaded_at, org_id, site_id, visitor_id, user_id, properties, url,
    path, title, referrer, utm_source, utm_medium, utm_campaign, browser, browser_version, os, os_version, device_type,
    screen_width, screen_height, country, region, city, language, is_bot, collector_id, sequence
)
WITH
    intDiv(number, {length}) AS session,
    sipHash64(session, 'session') AS chance,
    sipHash64(number) AS hash,
    intDiv(chance, 7) % {visitors} AS visitor,
    {event_names} AS event_names,
    toString(hash % 100) AS number_text,
    if(number % 200 = 199, number - 1, number) AS event_number
SELECT
    reinterpretAsUUID(sipHash128(event_number, 'id')) AS id,
    event_names[1 + intDiv(hash, 7) % 40] AS event,
    'web' AS namespace,
    toDateTime64('{last_day} 00:00:00', 3, 'UTC') - toIntervalDay({day})
        + toIntervalMillisecond(intDiv(chance, 64) % 80000000 + event_number % {length} * 45000 + 1000) AS occurred_at,
    {received_at} AS received_at,
    {loaded_at} AS loaded_at,
    'bench' AS org_id,
    concat('site-', toString(visitor % {sites})) AS site_id,
    if(event in ('api.request', 'job.completed'), '', hex(sipHash64(visitor, 'visitor'))) AS visitor_id,
    if(visitor_id != '' and visitor % 10 = 0 and chance % 3 > 0, concat('user-', toString(visitor)), '') AS user_id,
    concat(
        '{{"plan": "pro", "quantity": ', toString(hash % 5),
        multiIf(
            event = 'click', concat(', "x": ', number_text, ', "y": ', number_text),
            event = 'scroll', concat(', "depth": ', number_text),
            event in ('play', 'progress', 'complete'),
            concat(', "content_id": "', toString(visitor % 500), '", "position_seconds": ', number_text),
            event = 'api.request',
            concat(', "method": "GET", "endpoint": "/', number_text, '", "status": 200, "duration_ms": ', number_text),
            event = 'job.completed', concat(', "queue": "mail", "job": "send", "duration_ms": ', number_text),
            ''
        ),
        '}}'
    ) AS properties,
    concat('https://www.example.com/articles/', toString(hash % 500), '?ref=', toString(session % 50)) AS url,
    concat('/articles/', toString(hash % 500)) AS path,
    concat('Article number ', toString(hash % 500)) AS title,
    ['', 'https://www.google.com/', 'https://news.example.org/'][1 + session % 3] AS referrer,
    ['', '', 'newsletter', 'google'][1 + session % 4] AS utm_source,
    ['', '', 'email', 'cpc'][1 + session % 4] AS utm_medium,
    if(session % 4 < 2, '', concat('campaign-', toString(session % 20))) AS utm_campaign,
    ['Chrome', 'Safari', 'Firefox'][1 + visitor % 3] AS browser,
    toString(100 + visitor % 30) AS browser_version,
    ['Windows', 'macOS', 'Android'][1 + visitor % 3] AS os,
    toString(10 + visitor % 5) AS os_version,
    ['desktop', 'mobile'][1 + visitor % 2] AS device_type,
    1920 AS screen_width,
    1080 AS screen_height,
    ['NP', 'US', 'DE', 'IN'][1 + visitor % 4] AS country,
    concat('region-', toString(visitor % 40)) AS region,
    concat('city-', toString(visitor % 400)) AS city,
    ['en', 'ne', 'de'][1 + visitor % 3] AS language,
    visitor % 25 = 0 AS is_bot,
    'bench' AS collector_id,
    number AS sequence
FROM numbers({start}, {rows})
"""
