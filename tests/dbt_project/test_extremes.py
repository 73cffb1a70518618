"""Events that the contract allows and no person causes: a build takes them in its stride, within its memory."""

from collections.abc import Iterator
from itertools import count
from uuid import UUID

import pytest

from headwater.contracts.definition import Condition, EventMatch, Funnel, FunnelStep
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event

VIEWS = 20_000
"""Of one visitor, a view every five seconds: what watches a site for a day with one cookie."""

HOSTS = 1_500
"""As many as one client can name in a second; as pairs of a name and the names below it they would fill 3 GB."""

FUNNEL = Funnel(
    steps=tuple(
        FunnelStep(path, EventMatch("page_view", (Condition("path", "equals", path),))) for path in ("/", "/pricing")
    ),
    window_seconds=86_400,
)


def arrive() -> Iterator[Event]:
    """Who comes from what is no host, and from one far below a known one; and the first view of the machine."""
    for number in range(HOSTS):
        referrer = f"https://{number}.{'a.' * 980}google.com/"
        yield view(10**6 + number, 0, f"v{number}", "/x", referrer)
    yield view(10**7, 0, "searcher", "/x", "https://a.b.c.d.e.f.facebook.com/")
    yield view(0, 0, "monitor", "/")


def go_round() -> Iterator[Event]:
    for number in range(1, VIEWS):
        yield view(number, number * 5_000, "monitor", ("/", "/docs", "/pricing")[number % 3])


def view(number: int, after_ms: int, visitor_id: str, path: str, referrer: str = "") -> Event:
    occurred_ms = journeys.START_MS + after_ms
    return Event("walk-0", UUID(int=number), "page_view", occurred_ms, visitor_id, path=path, referrer=referrer)


@pytest.fixture(scope="module")
def built(models: Models) -> Models:
    models.insert("raw_control.funnels", journeys.definition_rows("walk-0", {"funnel": FUNNEL}))
    run(models, "seed")
    sequence = count()
    for load in (arrive(), go_round()):
        models.insert("raw_events.events", [journeys.event_row(event, next(sequence)) for event in load])
        run(models, "run", "--select", "+int_funnel_detours", "+int_sessions_channeled")
    return models


def run(models: Models, *command: str) -> None:
    done = models.dbt(*command)
    assert done.returncode == 0, done.stdout


def test_what_a_machine_does_between_two_builds_is_one_session(built: Models) -> None:
    sessions = built.client.query(
        "SELECT page_views, toUInt32(duration_seconds) FROM intermediate.int_sessions_dated"
        " WHERE visitor_id = 'monitor'"
    )[1]
    assert sessions == [(VIEWS, (VIEWS - 1) * 5)]
    assert not built.client.rows("SELECT model FROM staging.build_watermarks WHERE rebuilt_at > 1")


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
