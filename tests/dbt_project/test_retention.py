"""Retention against an oracle that looks up each person's first event and every day they came back."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from headwater.contracts.definition import Cohort
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.conversions import count_conversions
from tests.dbt_project.journeys import Event
from tests.dbt_project.sources import describe

pytestmark = pytest.mark.xdist_group("walks")

LONGEST = {"day": 31, "week": 26, "month": 24}


@dataclass(frozen=True, slots=True)
class Entered:
    """A person in a cohort: since when, in which groups, and the days on which they came back."""

    site_id: str
    owner: tuple[str, str]
    cohort_id: str
    start: date
    splits: list[tuple[str, str]]
    days: set[date]


def test_cohorts_are_those_of_the_oracle(walks: Models, known: dict[str, dict[str, str]]) -> None:
    last_days: dict[str, date] = {}
    for event in journeys.resolve_people(journeys.all_events()):
        day = journeys.local_day(event.site_id, event.occurred_ms)
        last_days[event.site_id] = max(day, last_days.get(event.site_id, day))
    counts: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for person in entered(known):
        for grain, longest in LONGEST.items():
            periods = {number(grain, person.start, day) for day in person.days if day >= person.start}
            for period in range(min(longest, number(grain, person.start, last_days[person.site_id])) + 1):
                for split in person.splits:
                    row = counts[person.site_id, person.cohort_id, grain, floor(grain, person.start), *split, period]
                    row[0] += 1
                    row[1] += period in periods
                    row[2] += any(other >= period for other in periods)
    found = walks.client.query(
        "SELECT site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value, period,"
        " people, retained, retained_or_later"
        " FROM marts.rpt_retention_cohorts"
    )[1]
    assert {tuple(row[:7]): list(row[7:]) for row in found} == counts


def test_money_that_events_carry_is_of_the_cohorts_of_who_paid(walks: Models, known: dict[str, dict[str, str]]) -> None:
    paid: defaultdict[tuple[str, tuple[str, str]], list[tuple[date, str, int]]] = defaultdict(list)
    for conversion in count_conversions(journeys.all_events()):
        if conversion.kind == "revenue" and conversion.owner:
            day = journeys.local_day(conversion.site_id, conversion.converted_ms)
            paid[conversion.site_id, conversion.owner].append((day, conversion.currency, conversion.revenue))
    payers: defaultdict[tuple[Any, ...], set[tuple[str, str]]] = defaultdict(set)
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for person in entered(known):
        for day, currency, amount in paid[person.site_id, person.owner]:
            for grain, longest in LONGEST.items():
                period = number(grain, person.start, day)
                if day < person.start or period > longest:
                    continue
                for split in person.splits:
                    start = floor(grain, person.start)
                    key = (person.site_id, person.cohort_id, grain, start, *split, period, currency)
                    payers[key].add(person.owner)
                    sums[key] += amount
    assert len(sums) > 1_000
    found = walks.client.query(
        "SELECT site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value, period, currency, payers, net"
        " FROM marts.rpt_cohort_revenue WHERE reported_by = 'event'"
    )[1]
    assert {tuple(row[:8]): row[8:] for row in found} == {key: (len(payers[key]), sums[key]) for key in sums}


def entered(known: dict[str, dict[str, str]]) -> Iterator[Entered]:
    """Everybody in each cohort they are in."""
    arrivals = first_arrivals(known)
    histories: defaultdict[tuple[str, tuple[str, str]], list[Event]] = defaultdict(list)
    for event, owner in journeys.resolve_people(journeys.all_events()).items():
        histories[event.site_id, owner].append(event)
    for cohort_id, cohort in {**journeys.COHORTS, "": Cohort()}.items():
        for (site_id, owner), history in histories.items():
            starts = [event for event in history if cohort.start_event in ("", event.event)]
            if not starts:
                continue
            first = min(starts, key=lambda event: event.order)
            source, entry_path = arrivals.get((site_id, owner), ("", ""))
            splits = [("", ""), ("source", source), ("entry_path", entry_path)]
            if cohort.breakdown:
                splits.append(("property", str(first.properties.get(cohort.breakdown, ""))))
            start = journeys.local_day(site_id, first.occurred_ms)
            returns = [event for event in history if cohort.return_event in ("", event.event)]
            days = {journeys.local_day(site_id, event.occurred_ms) for event in returns}
            yield Entered(site_id, owner, cohort_id, start, splits, days)


def first_arrivals(known: dict[str, dict[str, str]]) -> dict[tuple[str, tuple[str, str]], tuple[str, str]]:
    """By site and person, the source and the entry page of their first session."""
    events = journeys.all_events()
    owners = journeys.resolve_people(events)
    sessions = [session for session in journeys.split_sessions(events) if not session.first.is_bot]
    arrivals: dict[tuple[str, tuple[str, str]], tuple[str, str]] = {}
    for session in sorted(sessions, key=lambda session: session.first.occurred_ms):
        entry_path = session.page_views[0].path if session.page_views else ""
        arrival = describe(session, known)["source"], entry_path
        arrivals.setdefault((session.first.site_id, owners[session.first]), arrival)
    return arrivals


def floor(grain: str, day: date) -> date:
    """First day of the period."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def number(grain: str, start: date, day: date) -> int:
    """Periods from the one of the start."""
    if grain == "month":
        return (day.year - start.year) * 12 + day.month - start.month
    return (floor(grain, day) - floor(grain, start)).days // (7 if grain == "week" else 1)
