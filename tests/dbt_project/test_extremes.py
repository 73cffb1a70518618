"""Events that the contract allows and no person causes: a build takes them in its stride, within its memory."""

import json
from collections.abc import Iterator
from itertools import count
from uuid import UUID

import pytest

from headwater.contracts.definition import (
    TIMES_AT_LEAST,
    Behavior,
    Condition,
    EventMatch,
    Funnel,
    FunnelStep,
    Goal,
    Segment,
)
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event
from tests.dbt_project.project import SMALL_SCALE

VIEWS = 20_000
"""Of one visitor, a view every five seconds: what watches a site for a day with one cookie."""

HOSTS = 1_500
"""As many as one client can name in a second; as pairs of a name and the names below it they would fill 3 GB."""

SESSIONS = 20_000
"""Of one visitor, an hour apart and each with a goal: as arrays of all beside each goal they would fill 4 GB."""

BUYERS = 3_000
"""Visitors with one user id between them, as a shop's own till may be: each purchase follows all sessions before it."""

LAST_MODELS = ("int_funnel_detours", "int_sessions_channeled", "fct_attribution", "rpt_segment_daily")

TOUCHES_AT_MOST = 200
HOUR_MS = 3_600_000
TEN_MINUTES_MS = 600_000
GOAL = Goal(kind="event", match=EventMatch("check"), lookback_days=1)

FUNNEL = Funnel(
    steps=tuple(
        FunnelStep(path, EventMatch("page_view", (Condition("path", "equals", path),))) for path in ("/", "/pricing")
    ),
    window_seconds=86_400,
)

SEGMENTS = {
    name: Segment((Behavior(EventMatch(event), at_least=TIMES_AT_LEAST),))
    for name, event in (("viewers", "page_view"), ("checkers", "check"), ("buyers", "purchase"))
}


def arrive() -> Iterator[Event]:
    """Who comes from what is no host, and from one far below a known one; and the first view of the machine."""
    for number in range(HOSTS):
        referrer = f"https://{number}.{'a.' * 980}google.com/"
        yield view(10**6 + number, 0, f"v{number}", "/x", referrer)
    yield view(10**7, 0, "searcher", "/x", "https://a.b.c.d.e.f.facebook.com/")
    yield view(0, 0, "monitor", "/")
    yield from convert(0, 3)


def go_round() -> Iterator[Event]:
    for number in range(1, VIEWS):
        yield view(number, number * 5_000, "monitor", ("/", "/docs", "/pricing")[number % 3])
    yield from convert(3, SESSIONS)


def convert(since: int, until: int) -> Iterator[Event]:
    """What reaches a goal in each of its sessions, and who buys under the name of all; the last of each long ago."""
    for number in range(since, until):
        occurred_ms = journeys.START_MS + (number - SESSIONS) * HOUR_MS
        yield Event("walk-0", UUID(int=10**8 + number), "check", occurred_ms, "checker")
    for number in range(since, min(until, BUYERS)):
        occurred_ms = journeys.START_MS + (number - BUYERS) * TEN_MINUTES_MS
        money = {"amount": 100, "currency": "usd"}
        yield Event(
            "walk-0", UUID(int=10**9 + number), "purchase", occurred_ms, f"buyer-{number}", "till", properties=money
        )


def view(number: int, after_ms: int, visitor_id: str, path: str, referrer: str = "") -> Event:
    occurred_ms = journeys.START_MS + after_ms
    return Event("walk-0", UUID(int=number), "page_view", occurred_ms, visitor_id, path=path, referrer=referrer)


@pytest.fixture(scope="module")
def built(models: Models) -> Models:
    models.insert("raw_control.funnels", journeys.definition_rows("walk-0", {"funnel": FUNNEL}))
    models.insert("raw_control.goals", journeys.definition_rows("walk-0", {"goal": GOAL}))
    models.insert("raw_control.segments", journeys.definition_rows("walk-0", SEGMENTS))
    run(models, "seed")
    sequence = count()
    for load in (arrive(), go_round()):
        models.insert("raw_events.events", [journeys.event_row(event, next(sequence)) for event in load])
        run(models, "run", "--select", *(f"+{model}" for model in LAST_MODELS))
    return models


def run(models: Models, command: str, *arguments: str) -> None:
    done = models.dbt(command, *arguments, "--vars", json.dumps(SMALL_SCALE | {"touches_at_most": TOUCHES_AT_MOST}))
    assert done.returncode == 0, done.stdout


def test_what_a_machine_does_between_two_builds_is_one_session(built: Models) -> None:
    sessions = built.client.query(
        "SELECT page_views, toUInt32(duration_seconds) FROM intermediate.int_sessions_dated"
        " WHERE visitor_id = 'monitor'"
    )[1]
    assert sessions == [(VIEWS, (VIEWS - 1) * 5)]
    assert not built.client.rows("SELECT model FROM staging.build_watermarks WHERE rebuilt_at > 1")


def test_a_conversion_has_its_first_touch_and_the_latest_and_the_others_are_counted(built: Models) -> None:
    """Built with the rest of the history, and at once."""
    tables = "marts.fct_touchpoints", "marts.fct_attribution"
    in_steps = [built.client.value(f"SELECT (count(), sum(sipHash64(*))) FROM {table}") for table in tables]
    assert not built.client.rows("SELECT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    run(built, "run", "--full-refresh", "--select", "fct_touchpoints", "fct_attribution")
    assert [built.client.value(f"SELECT (count(), sum(sipHash64(*))) FROM {table}") for table in tables] == in_steps
    found = built.client.query(
        "SELECT conversion_kind, count(), sum(kept), sum(in_all), countIf(positions != expected) FROM ("
        "SELECT conversion_id, count() AS kept, any(touches_in_all) AS in_all, arraySort(groupArray(position)) AS"
        " positions, arrayFilter(n -> n = 1 OR n > in_all - 199, range(1, in_all + 1)) AS expected"
        " FROM marts.fct_touchpoints GROUP BY conversion_id) AS t"
        " INNER JOIN marts.fct_conversions AS c USING (conversion_id)"
        " GROUP BY conversion_kind ORDER BY conversion_kind"
    )[1]
    assert found == [
        ("goal", SESSIONS, 25 * SESSIONS - 300, 25 * SESSIONS - 300, 0),
        ("revenue", BUYERS, 200 * BUYERS - 19_900, BUYERS * (BUYERS + 1) // 2, 0),
    ]


def test_a_machine_that_goes_round_a_funnel_for_a_day_has_detours(built: Models) -> None:
    found = built.client.query(
        "SELECT step, is_drop_off, paths, count() > 1000 FROM intermediate.int_funnel_detours GROUP BY ALL"
    )[1]
    assert found == [(1, False, ["/docs"], 1)]


def test_a_referrer_that_is_no_host_is_a_source_of_its_own_and_a_deep_one_is_looked_up(built: Models) -> None:
    found = built.client.query(
        "SELECT count(), uniqExact(source), any(medium) FROM intermediate.int_sessions_channeled"
        " WHERE endsWith(source, '.google.com')"
    )[1]
    assert found == [(HOSTS, HOSTS, "referral")]
    assert (
        built.client.value(
            "SELECT toString((source, medium)) FROM intermediate.int_sessions_channeled WHERE visitor_id = 'searcher'"
        )
        == "('facebook','referral')"
    )


def test_a_machine_is_in_a_segment_since_the_last_event_that_it_needed_and_no_more_are_kept(built: Models) -> None:
    found = built.client.query(
        "SELECT segment_id, toUnixTimestamp64Milli(member_since) FROM marts.fct_segment_members ORDER BY segment_id"
    )[1]
    assert found == [
        ("buyers", journeys.START_MS + (TIMES_AT_LEAST - 1 - BUYERS) * TEN_MINUTES_MS),
        ("checkers", journeys.START_MS + (TIMES_AT_LEAST - 1 - SESSIONS) * HOUR_MS),
        ("viewers", journeys.START_MS + (TIMES_AT_LEAST - 1) * 5_000),
    ]
    kept = (
        "SELECT max(length(deed.first_at)), sum(deed.times) FROM intermediate.int_behaviors_counted"
        " ARRAY JOIN deeds AS deed WHERE visitor_id = 'monitor'"
    )
    assert built.client.query(kept)[1] == [(TIMES_AT_LEAST, VIEWS)]
