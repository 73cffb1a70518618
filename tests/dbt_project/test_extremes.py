"""Events that the contract allows and no person causes: a build takes them in its stride, within its memory."""

from collections.abc import Iterator
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


def happen() -> Iterator[Event]:
    for number in range(VIEWS):
        path = ("/", "/docs", "/pricing")[number % 3]
        yield Event(
            "walk-0", UUID(int=number + 1), "page_view", journeys.START_MS + number * 5_000, "monitor", path=path
        )
    for number in range(HOSTS):
        referrer = f"https://{number}.{'a.' * 980}google.com/"
        yield Event(
            "walk-0",
            UUID(int=10**6 + number),
            "page_view",
            journeys.START_MS,
            f"v{number}",
            path="/x",
            referrer=referrer,
        )
    known = "https://a.b.c.d.e.f.facebook.com/"
    yield Event("walk-0", UUID(int=10**7), "page_view", journeys.START_MS, "searcher", path="/x", referrer=known)


@pytest.fixture(scope="module")
def built(models: Models) -> Models:
    models.insert("raw_control.funnels", journeys.definition_rows("walk-0", {"funnel": FUNNEL}))
    models.insert("raw_events.events", [journeys.event_row(event, number) for number, event in enumerate(happen())])
    for command in (("seed",), ("run", "--select", "+int_funnel_detours", "+int_sessions_channeled")):
        done = models.dbt(*command)
        assert done.returncode == 0, done.stdout
    return models


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
