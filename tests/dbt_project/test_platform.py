"""Endpoints and jobs against an oracle that lists each hour's times. Each seed is a site of its own."""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models

SEEDS = range(30)
ORG = "platform"
HOUR_MS = 3_600_000
EVENTS = ("api.request", "api.request", "api.request", "job.completed", "job.completed", "job.failed", "export")
OFFSETS_MS = (0, 1, HOUR_MS // 2, HOUR_MS - 1)
"""The first and the last millisecond of an hour, and what lies between."""

STATUSES = (200, 301, 399, 400, 404, 499, 500, 503, 599, "500", None)
"""A number written as text is that number."""

TIMES_MS = (0, 0.001, 1.005, 4.35, 20, 20, 1001.001, 86_400_000.999, -5, 10**9, 3 * 10**9, 1e300, "soon", None)
"""Thousandths that no binary fraction holds, and what a client may send that is no time."""

MOST_MS = 10**9

Row = dict[str, Any]


@pytest.fixture(scope="module")
def events() -> list[Row]:
    """Raw events, with their properties as objects and their hours beside them."""
    return [event for seed in SEEDS for event in make_events(seed)]


@pytest.fixture(scope="module")
def built(models: Models, events: list[Row]) -> Models:
    rows = [{name: value for name, value in event.items() if name != "hour_ms"} for event in events]
    for row in rows:
        row["properties"] = json.dumps(row["properties"])
    models.insert("raw_events.events", rows[::2])
    models.insert("raw_events.events", rows[1::2])
    done = models.dbt("run", "--select", "+rpt_endpoint_hourly", "+rpt_job_hourly")
    assert done.returncode == 0, done.stdout
    return models


def test_endpoints_by_the_hour_are_those_of_the_oracle(built: Models, events: list[Row]) -> None:
    expected = []
    for key, calls in by_hour(events, ("api.request",), "method", "endpoint").items():
        statuses = [int(call["properties"].get("status", 0)) for call in calls]
        times = [thousandths(call, "duration_ms") for call in calls]
        server_errors = sum(status >= 500 for status in statuses)
        expected.append(
            dict(zip(("site_id", "hour", "service", "method", "endpoint"), key, strict=True))
            | {
                "calls": len(calls),
                "client_errors": sum(400 <= status < 500 for status in statuses),
                "server_errors": server_errors,
                "error_rate": server_errors / len(calls),
                "total_ms": Decimal(sum(times)) / 1000,
                "average_ms": average(times),
                "max_ms": max(times) / 1000,
                "p50_ms": quantile(times, 50),
                "p95_ms": quantile(times, 95),
                "p99_ms": quantile(times, 99),
            }
        )
    assert max(row["calls"] for row in expected) > 20
    assert_mart(built, "rpt_endpoint_hourly", expected)


def test_jobs_by_the_hour_are_those_of_the_oracle(built: Models, events: list[Row]) -> None:
    expected = []
    for key, jobs in by_hour(events, ("job.completed", "job.failed"), "queue", "job").items():
        times = [thousandths(job, "duration_ms") for job in jobs]
        waits = [thousandths(job, "wait_ms") for job in jobs]
        expected.append(
            dict(zip(("site_id", "hour", "service", "queue", "job"), key, strict=True))
            | {
                "runs": len(jobs),
                "failures": sum(job["event"] == "job.failed" for job in jobs),
                "total_ms": Decimal(sum(times)) / 1000,
                "average_ms": average(times),
                "p95_ms": quantile(times, 95),
                "total_wait_ms": Decimal(sum(waits)) / 1000,
                "average_wait_ms": average(waits),
                "p95_wait_ms": quantile(waits, 95),
            }
        )
    assert max(row["runs"] for row in expected) > 20
    assert_mart(built, "rpt_job_hourly", expected)


def make_events(seed: int) -> list[Row]:
    """A site's events, in no order: few hours, few endpoints, so that quantiles lie between many times and few."""
    random = Random(seed)
    events = []
    for number in range(random.randrange(1, 600)):
        hour_ms = journeys.START_MS // HOUR_MS * HOUR_MS + random.randrange(2) * HOUR_MS
        properties: Row = {
            "method": random.choice(("GET", "POST")),
            "endpoint": random.choice(("/a", "/v2/reports/{id}")),
            "queue": random.choice(("", "slow")),
            "job": random.choice(("mail", "export")),
            "status": random.choice(STATUSES),
            "duration_ms": random.choice(TIMES_MS),
            "wait_ms": random.choice(TIMES_MS),
        }
        events.append(
            {
                "id": str(UUID(int=random.getrandbits(128))),
                "org_id": ORG,
                "site_id": f"service-{seed}",
                "event": random.choice(EVENTS),
                "hour_ms": hour_ms,
                "occurred_at": journeys.clock(hour_ms + random.choice(OFFSETS_MS)),
                "received_at": journeys.clock(hour_ms + HOUR_MS),
                "service": random.choice(("", "web")),
                "is_bot": random.random() < 0.1,
                "properties": {name: value for name, value in properties.items() if value is not None},
                "collector_id": f"service-{seed}",
                "sequence": number,
            }
        )
    random.shuffle(events)
    return events


def by_hour(events: Iterable[Row], names: tuple[str, ...], *properties: str) -> dict[tuple[Any, ...], list[Row]]:
    """Events of those names by site, hour, service and the two properties, without those of crawlers."""
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for event in events:
        if event["event"] in names and not event["is_bot"]:
            values = (event["properties"][name] for name in properties)
            groups[event["site_id"], journeys.moment(event["hour_ms"]), event["service"], *values].append(event)
    return groups


def thousandths(event: Row, name: str) -> int:
    """A time in whole microseconds, from nothing to what the longest counts as."""
    time = event["properties"].get(name)
    return 0 if time is None or isinstance(time, str) else round(min(max(time, 0), MOST_MS) * 1000)


def average(times: list[int]) -> float:
    return float(Fraction(sum(times), 1000)) / len(times)


def quantile(times: list[int], percent: int) -> float:
    """Milliseconds, between the two nearest of the sorted times."""
    ranked = sorted(times)
    place = Fraction(percent * (len(ranked) - 1), 100)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return float((ranked[low] + (place - low) * (ranked[high] - ranked[low])) / 1000)


def assert_mart(built: Models, mart: str, expected: list[Row]) -> None:
    """Rows are the expected ones: whole numbers, times and decimals as they are, fractions to a billionth of theirs."""
    found = built.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.{mart} WHERE org_id = '{ORG}'")
    fractions = [name for name, value in expected[0].items() if isinstance(value, float)]
    assert exact_part(found, fractions) == exact_part(expected, fractions)
    found, expected = (sorted(rows, key=lambda row: exact_part([row], fractions)) for rows in (found, expected))
    for row, other in zip(found, expected, strict=True):
        assert [row[name] for name in fractions] == pytest.approx([other[name] for name in fractions], rel=1e-9), other


def exact_part(rows: list[Row], fractions: list[str]) -> list[str]:
    """Rows without their fractions, as sorted text."""
    return [repr(row) for row in journeys.comparable(exact_columns(row, fractions) for row in rows)]


def exact_columns(row: Row, fractions: list[str]) -> Row:
    return {name: value for name, value in row.items() if name not in fractions}
