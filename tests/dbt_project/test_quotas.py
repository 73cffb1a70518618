"""Quotas against an oracle that adds up each period day by day. Each seed is an organization of its own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal
from uuid import UUID

import pytest

from headwater.contracts.definition import Quota
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.quotas import quota_rows

SEEDS = range(40)
DAY_MS = 86_400_000
METRICS = ("call", "call", "export")
STARTS = (date(2024, 2, 27), date(2025, 12, 29), date(2026, 1, 30), date(2026, 2, 27), date(1970, 1, 1))
"""Days before the end of a month, of a year and of a leap year's February, and the first one there is."""

TIMES_MS = (0, DAY_MS // 2, DAY_MS - 1)
QUANTITIES = ("", "", "2", "-3", "0.1", "-0.1", "0.000000001", "123456789.123456789", "99999999999999999.999999999")

BUILT = ("--select", "+rpt_quota_status")


@dataclass(frozen=True, slots=True)
class Use:
    """An event, with its quantity as JSON text; '' for one without."""

    org_id: str
    sequence: int
    id: UUID
    metric: str
    day: date
    time_ms: int
    quantity: str
    is_bot: bool


def make_uses(seed: int) -> list[Use]:
    """Few days, and on each of them few events, so that a limit is reached and passed on any of them."""
    random = Random(seed)
    start = random.choice(STARTS)
    return [
        Use(
            org_id=f"quota-{seed}",
            sequence=sequence,
            id=UUID(int=random.getrandbits(128)),
            metric=random.choice(METRICS),
            day=start + timedelta(days=random.choice((0, 1, 2, 3, 4, 5, random.randrange(70)))),
            time_ms=random.choice(TIMES_MS),
            # Those of some organizations are so small that one more or less decides.
            quantity=random.choice(QUANTITIES[: 5 + seed % 5]),
            is_bot=random.random() < 0.1,
        )
        for sequence in range(random.randrange(1, 40))
    ]


def make_quotas(random: Random, uses: list[Use]) -> dict[str, Quota]:
    """Limits that some day's sum just reaches, or just does not; and one of what nobody uses."""
    quotas = {"nothing": Quota("never", 1)}
    for name in ("a", "b", "c", "d"):
        metric = random.choice(METRICS)
        measure: Literal["events", "quantity"] = random.choice(("events", "quantity"))
        period: Literal["day", "month"] = random.choice(("day", "month", "month"))
        sums = [total for days in add_up(uses, metric, measure, period).values() for _, total in days]
        limit = int(random.choice(sums)) if sums else 1
        limit = min(max(limit + random.choice((-1, 0, 0, 1)), 1), 10**18)
        quotas[name] = Quota(metric, limit, measure, period, warn_at_percent=random.choice((1, 50, 80, 100)))
    return quotas


def add_up(uses: list[Use], metric: str, measure: str, period: str) -> dict[date, list[tuple[date, Decimal]]]:
    """By the first day of a period its days in order, each with what was used of the period up to its end."""
    used: defaultdict[date, Decimal] = defaultdict(Decimal)
    for use in uses:
        if use.metric == metric and not use.is_bot:
            used[use.day] += Decimal(use.quantity or 1) if measure == "quantity" else 1
    periods: dict[date, list[tuple[date, Decimal]]] = {}
    for day in sorted(used):
        days = periods.setdefault(day if period == "day" else day.replace(day=1), [])
        days.append((day, used[day] + (days[-1][1] if days else 0)))
    return periods


def count_quotas(uses: list[Use], org_id: str, quotas: dict[str, Quota]) -> Iterator[dict[str, Any]]:
    """Rows of ``rpt_quota_status`` of an organization."""
    for name, quota in quotas.items():
        for start, days in add_up(uses, quota.metric, quota.measure, quota.period).items():
            used = days[-1][1]
            is_near = used * 100 >= quota.limit * quota.warn_at_percent
            yield {
                "org_id": org_id,
                "quota_id": name,
                "period": quota.period,
                "period_start": start,
                "period_end": start + timedelta(days=1) if quota.period == "day" else first_of_next_month(start),
                "metric": quota.metric,
                "measure": quota.measure,
                "used": used,
                "limit": quota.limit,
                "share_used": float(used) / quota.limit,
                "status": "exceeded" if used > quota.limit else "near" if is_near else "within",
                "exceeded_on": next((day for day, running in days if running > quota.limit), None),
            }


def first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def event_row(use: Use) -> dict[str, Any]:
    occurred_ms = (use.day - date(1970, 1, 1)).days * DAY_MS + use.time_ms
    return {
        "id": str(use.id),
        "org_id": use.org_id,
        "site_id": f"{use.org_id}-{use.sequence % 2}",
        "event": use.metric,
        "occurred_at": journeys.clock(occurred_ms),
        "received_at": journeys.clock(occurred_ms),
        "properties": f'{{"quantity": {use.quantity}}}' if use.quantity else "{}",
        "is_bot": use.is_bot,
        "collector_id": use.org_id,
        "sequence": use.sequence,
    }


@pytest.fixture(scope="module")
def uses() -> dict[str, list[Use]]:
    """By organization."""
    return {f"quota-{seed}": make_uses(seed) for seed in SEEDS}


def build(models: Models, uses: dict[str, list[Use]], quotas: dict[str, dict[str, Quota]]) -> None:
    """Load events, of which some may be loaded already, and quotas in place of those that were."""
    models.insert("raw_events.events", [event_row(use) for of_org in uses.values() for use in of_org])
    models.client.command("TRUNCATE TABLE raw_control.quotas")
    models.insert("raw_control.quotas", [row for org_id in quotas for row in quota_rows(org_id, quotas[org_id])])
    done = models.dbt("run", *BUILT)
    assert done.returncode == 0, done.stdout


def assert_quotas(models: Models, uses: dict[str, list[Use]], quotas: dict[str, dict[str, Quota]]) -> None:
    expected = [row for org_id in quotas for row in count_quotas(uses[org_id], org_id, quotas[org_id])]
    assert {row["status"] for row in expected} == {"within", "near", "exceeded"}
    assert any(row["exceeded_on"] and row["status"] != "exceeded" for row in expected)
    assert any(row["used"] == row["limit"] for row in expected)
    assert any(row["exceeded_on"] and row["exceeded_on"] > row["period_start"] for row in expected)
    found = models.client.rows(f"SELECT {', '.join(expected[0])} FROM marts.rpt_quota_status")
    by_key = {(row["org_id"], row["quota_id"], row["period_start"]): row.pop("share_used") for row in found}
    shares = {(row["org_id"], row["quota_id"], row["period_start"]): row.pop("share_used") for row in expected}
    assert journeys.comparable(found) == journeys.comparable(expected)
    assert by_key == pytest.approx(shares, rel=1e-12)


def test_quotas_are_those_of_the_oracle_as_usage_comes_and_as_they_change(
    models: Models, uses: dict[str, list[Use]]
) -> None:
    random = Random(0)
    first_half = {org_id: of_org[::2] for org_id, of_org in uses.items()}
    quotas = {org_id: make_quotas(random, of_org) for org_id, of_org in first_half.items()}
    build(models, first_half, quotas)
    assert_quotas(models, first_half, quotas)

    build(models, uses, quotas)
    assert_quotas(models, uses, quotas)

    # Some are dropped, some are others under their ids, and some organizations keep theirs.
    for org_id, of_org in list(uses.items())[::2]:
        quotas[org_id] = make_quotas(random, of_org)
        del quotas[org_id][random.choice("abcd")]
    build(models, uses, quotas)
    assert_quotas(models, uses, quotas)
    assert not models.client.rows("SELECT model FROM staging.build_watermarks WHERE rebuilt_at > 1")

    in_steps = models.client.value("SELECT sum(sipHash64(*)) FROM marts.rpt_quota_status")
    done = models.dbt("run", "--full-refresh", *BUILT)
    assert done.returncode == 0, done.stdout
    assert models.client.value("SELECT sum(sipHash64(*)) FROM marts.rpt_quota_status") == in_steps


def test_a_quota_that_is_dropped_as_the_usage_of_a_month_vanishes_leaves_no_row(models: Models) -> None:
    quotas = {"acme": {"calls": Quota("call", 5), "exports": Quota("export", 5)}}
    known = Use("acme", 0, UUID(int=1), "call", date(2026, 2, 5), 0, "", is_bot=False)
    build(models, {"acme": [known]}, quotas)
    periods = "SELECT quota_id, period_start FROM marts.rpt_quota_status WHERE org_id = 'acme'"
    assert models.client.query(periods)[1] == [("calls", date(2026, 2, 1))]
    # A receipt that came before the one that is known says another day, and is believed.
    before = replace(known, sequence=2, day=date(2026, 1, 5))
    del quotas["acme"]["calls"]
    build(models, {"acme": [before]}, quotas)
    assert models.client.query("SELECT day FROM marts.rpt_daily_usage WHERE org_id = 'acme'")[1] == [(before.day,)]
    assert models.client.query(periods)[1] == []
