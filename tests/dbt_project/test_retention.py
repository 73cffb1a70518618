"""Retention against an oracle that looks up each person's first event and every day they came back."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from headwater.contracts.definition import Cohort
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import Event
from tests.dbt_project.sources import describe

pytestmark = pytest.mark.xdist_group("walks")

LONGEST = {"day": 31, "week": 26, "month": 24}


def test_cohorts_are_those_of_the_oracle(walks: Models, known: dict[str, dict[str, str]]) -> None:
    arrivals = first_arrivals(known)
    histories: defaultdict[tuple[str, tuple[str, str]], list[Event]] = defaultdict(list)
    for event, owner in journeys.resolve_people(journeys.all_events()).items():
        histories[event.site_id, owner].append(event)
    last_days: dict[str, date] = {}
    for (site_id, _), history in histories.items():
        latest = max(journeys.local_day(site_id, event.occurred_ms) for event in history)
        last_days[site_id] = max(latest, last_days.get(site_id, latest))
    counts: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cohort_id, cohort in {**journeys.COHORTS, "": Cohort()}.items():
        for (site_id, owner), history in histories.items():
            starts = [event for event in history if cohort.start_event in ("", event.event)]
            if not starts:
                continue
            first = min(starts, key=lambda event: event.order)
            start = journeys.local_day(site_id, first.occurred_ms)
            days = {
                journeys.local_day(site_id, event.occurred_ms)
                for event in history
                if cohort.return_event in ("", event.event)
            }
            source, entry_path = arrivals.get((site_id, owner), ("", ""))
            splits = [("", ""), ("source", source), ("entry_path", entry_path)]
            if cohort.breakdown:
                splits.append(("property", str(first.properties.get(cohort.breakdown, ""))))
            for grain, longest in LONGEST.items():
                periods = {number(grain, start, day) for day in days if day >= start}
                for period in range(min(longest, number(grain, start, last_days[site_id])) + 1):
                    for breakdown, value in splits:
                        row = counts[site_id, cohort_id, grain, floor(grain, start), breakdown, value, period]
                        row[0] += 1
                        row[1] += period in periods
                        row[2] += any(other >= period for other in periods)
    found = walks.client.query(
        "SELECT site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value, period,"
        " people, retained, retained_or_later"
        " FROM marts.rpt_retention_cohorts"
    )[1]
    assert {tuple(row[:7]): list(row[7:]) for row in found} == counts


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
