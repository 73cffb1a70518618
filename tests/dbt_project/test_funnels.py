"""Funnels against an oracle that walks each person's events with a list of open entries. Written from the rules."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import pytest

from headwater.contracts.definition import Funnel
from simulator.definitions import FUNNEL
from simulator.simulation import simulate
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.goals import fits
from tests.dbt_project.journeys import FUNNELS, Event

pytestmark = pytest.mark.xdist_group("walks")


@dataclass(slots=True)
class Entry:
    """An entry, and all it has led to: for each step it got to, the time of every step on the way there."""

    event: Event
    ways: dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Attempt:
    entry: Event
    reached_ms: tuple[int | None, ...]
    is_excluded: bool


@pytest.fixture(scope="module")
def attempts() -> dict[tuple[str, str, tuple[str, str]], list[Attempt]]:
    """By site, funnel and person."""
    histories: defaultdict[tuple[str, tuple[str, str]], list[Event]] = defaultdict(list)
    for event, owner in journeys.resolve_people(journeys.all_events()).items():
        histories[event.site_id, owner].append(event)
    return {
        (site_id, funnel_id, owner): try_funnel(funnel, history)
        for (site_id, owner), history in histories.items()
        for funnel_id, funnel in FUNNELS.items()
    }


def test_attempts_are_those_of_the_oracle(
    walks: Models, attempts: dict[tuple[str, str, tuple[str, str]], list[Attempt]]
) -> None:
    expected: list[dict[str, Any]] = [
        {
            "site_id": site_id,
            "funnel_id": funnel_id,
            "attempt": number,
            "entry_event_id": attempt.entry.id,
            "breakdown_value": value_at_entry(FUNNELS[funnel_id], attempt.entry),
            "reached": [-1 if at is None else at for at in attempt.reached_ms],
            "is_completed": attempt.reached_ms[-1] is not None,
            "is_excluded": attempt.is_excluded,
        }
        for (site_id, funnel_id, _), found in attempts.items()
        for number, attempt in enumerate(found, start=1)
    ]
    for funnel_id in FUNNELS:
        of_funnel = [row for row in expected if row["funnel_id"] == funnel_id]
        assert {row["is_completed"] for row in of_funnel} == {True, False}, funnel_id
        assert max(row["attempt"] for row in of_funnel) > 1, funnel_id
    assert any(row["is_excluded"] for row in expected)
    found = walks.client.rows(
        "SELECT site_id, funnel_id, attempt, entry_event_id, breakdown_value,"
        " arrayMap(at -> if(at IS NULL, -1, toUnixTimestamp64Milli(assumeNotNull(at))), reached_at) AS reached,"
        " is_completed, is_excluded FROM marts.fct_funnel_progress"
    )
    assert journeys.comparable(found) == journeys.comparable(expected)


def test_funnel_days_are_those_of_the_oracle(
    walks: Models, attempts: dict[tuple[str, str, tuple[str, str]], list[Attempt]]
) -> None:
    days: defaultdict[tuple[Any, ...], list[tuple[Any, Attempt]]] = defaultdict(list)
    for (site_id, funnel_id, owner), found in attempts.items():
        for attempt in found:
            day = journeys.local_day(site_id, first_ms(attempt))
            days[site_id, funnel_id, day, value_at_entry(FUNNELS[funnel_id], attempt.entry)].append((owner, attempt))
    expected = {
        (*key, step): describe_step(FUNNELS[key[1]], step, of_day)
        for key, of_day in days.items()
        for step in range(1, len(FUNNELS[key[1]].steps) + 1)
    }
    rows = walks.client.query(
        "SELECT site_id, funnel_id, day, breakdown_value, step, attempts_before, attempts, people, dropped_off,"
        " median_seconds, p90_seconds FROM marts.rpt_funnel_daily"
    )[1]
    assert {tuple(row[:5]): (*row[5:9], *(round(value, 6) for value in row[9:])) for row in rows} == expected


def test_detours_are_those_of_the_oracle(
    walks: Models, attempts: dict[tuple[str, str, tuple[str, str]], list[Attempt]]
) -> None:
    views: defaultdict[tuple[str, tuple[str, str]], list[Event]] = defaultdict(list)
    for event, owner in journeys.resolve_people(journeys.all_events()).items():
        if event.is_page_view:
            views[event.site_id, owner].append(event)
    expected: Counter[tuple[Any, ...]] = Counter()
    for (site_id, funnel_id, owner), found in attempts.items():
        for attempt in found:
            taken = [(n, at) for n, at in enumerate(attempt.reached_ms, start=1) if at is not None]
            closes_ms = first_ms(attempt) + FUNNELS[funnel_id].window_seconds * 1000
            for index, (step, since_ms) in enumerate(taken):
                if step == len(attempt.reached_ms):
                    continue
                is_drop_off = index == len(taken) - 1
                until_ms = closes_ms if is_drop_off else taken[index + 1][1]
                between = {view.path for view in views[site_id, owner] if since_ms < view.occurred_ms < until_ms}
                expected.update((site_id, funnel_id, step, is_drop_off, path) for path in between)
    rows = walks.client.query(
        "SELECT site_id, funnel_id, step, is_drop_off, path, attempts FROM marts.rpt_funnel_detours"
    )[1]
    assert {tuple(row[:-1]): row[-1] for row in rows} == expected


def test_the_funnel_of_a_simulated_business_has_the_people_it_was_scripted_with(models: Models) -> None:
    simulation = simulate(3, date(2026, 3, 2), days=14, scale=0.15)
    for site in simulation.sites:
        rows = journeys.definition_rows(site.site_id, {"business": FUNNEL})
        models.insert("raw_control.funnels", [row | {"org_id": site.org_id} for row in rows])
    organizations = {site.site_id: site.org_id for site in simulation.sites}
    models.insert(
        "raw_events.events",
        [
            {
                "id": str(scripted.sent.id),
                "org_id": organizations[scripted.site_id],
                "site_id": scripted.site_id,
                "event": scripted.sent.event,
                "occurred_at": journeys.clock(scripted.occurred_ms),
                "received_at": journeys.clock(scripted.occurred_ms),
                "visitor_id": scripted.sent.visitor_id,
                "user_id": scripted.sent.user_id,
                "path": urlsplit(scripted.sent.url).path,
                "is_bot": scripted.is_bot,
                "collector_id": "simulated",
                "sequence": number,
            }
            for number, scripted in enumerate(simulation.script)
        ],
    )
    done = models.dbt("run", "--select", "+fct_funnel_progress")
    assert done.returncode == 0, done.stdout
    found = models.client.query(
        "SELECT site_id, uniqExact(person_id), uniqExactIf(person_id, furthest_step >= 2),"
        " uniqExactIf(person_id, furthest_step >= 3), uniqExactIf(person_id, furthest_step >= 4),"
        " uniqExactIf(person_id, furthest_step >= 5) FROM marts.fct_funnel_progress GROUP BY site_id"
    )[1]
    assert {row[0]: tuple(row[1:]) for row in found} == simulation.truth.funnels


def try_funnel(funnel: Funnel, history: list[Event]) -> list[Attempt]:
    """A person's attempts, in order."""
    hits = {event: [n for n, step in enumerate(funnel.steps, 1) if fits(event, step.match)] for event in history}
    excluded = {event for event in history if any(fits(event, match) for match in funnel.exclusions)}
    timeline = sorted(history, key=lambda event: (event.occurred_ms, (hits[event] or [99])[0], event.id))
    if funnel.order != "strict":
        timeline = [event for event in timeline if hits[event] or event in excluded]
    walk = AnyOrder(funnel) if funnel.order == "any" else InOrder(funnel)
    for event in timeline:
        if not walk.expire(event.occurred_ms):
            walk.close()
        if event in excluded:
            walk.close(is_excluded=True)
        else:
            walk.take(event, hits[event])
    walk.close()
    return walk.attempts


class Walk:
    """One person's way through a funnel: the attempts that are over, and the best of the one that is not."""

    def __init__(self, funnel: Funnel) -> None:
        self.attempts: list[Attempt] = []
        self.count, self.window_ms = len(funnel.steps), funnel.window_seconds * 1000
        self.steps, self.is_strict = funnel.steps, funnel.order == "strict"
        self.best: tuple[Event, dict[int, int]] | None = None
        self.start()

    def start(self) -> None:
        """Forget what is under way."""
        raise NotImplementedError

    def close(self, *, is_excluded: bool = False) -> None:
        if self.best is not None:
            entry, taken = self.best
            reached = tuple(taken.get(n) for n in range(1, self.count + 1))
            self.attempts.append(Attempt(entry, reached, is_excluded))
        self.best = None
        self.start()

    def note(self, entry: Event, taken: dict[int, int]) -> None:
        """Keep what led further than anything before it; close the attempt that led to the end."""
        if self.best is None or max(taken) > max(self.best[1]):
            self.best = entry, taken
        if max(self.best[1]) == self.count:
            self.close()


class InOrder(Walk):
    """Follows every entry by itself, as if there were no other."""

    def start(self) -> None:
        self.entries: list[Entry] = []

    def expire(self, now_ms: int) -> bool:
        """Drop entries whose window has passed; return whether any is left."""
        self.entries = [entry for entry in self.entries if now_ms - entry.event.occurred_ms <= self.window_ms]
        return bool(self.entries)

    def take(self, event: Event, hits: list[int]) -> None:
        if 1 in hits:
            self.entries.append(Entry(event, {}))
        furthest: tuple[int, Event, dict[int, int]] | None = None
        for entry in self.entries:
            grown = {step: self.extend(entry, step, event) for step in hits}
            new = {step: way for step, way in grown.items() if way and (self.is_strict or step not in entry.ways)}
            entry.ways = new if self.is_strict else entry.ways | new
            if new and (furthest is None or max(new) >= furthest[0]):
                furthest = max(new), entry.event, new[max(new)]
        self.entries = [entry for entry in self.entries if entry.ways]
        if furthest is not None:
            self.note(furthest[1], furthest[2])

    def extend(self, entry: Entry, step: int, event: Event) -> dict[int, int]:
        """The way to a step by this event; empty if there is none."""
        if step == 1:
            return {1: event.occurred_ms} if event is entry.event else {}
        for before in range(step - 1, 0, -1):
            if before in entry.ways and event is not entry.event:
                return {**entry.ways[before], step: event.occurred_ms}
            if self.steps[before - 1].is_required:
                break
        return {}


class AnyOrder(Walk):
    """Keeps the last event of each step."""

    def start(self) -> None:
        self.last: dict[int, Event] = {}
        self.turns: dict[int, int] = {}
        self.turn = 0

    def expire(self, now_ms: int) -> bool:
        """Drop events whose window has passed; return whether any is left."""
        self.last = {n: event for n, event in self.last.items() if now_ms - event.occurred_ms <= self.window_ms}
        return bool(self.last)

    def take(self, event: Event, hits: list[int]) -> None:
        free = [step for step in hits if step not in self.last]
        stalest = min(hits, key=lambda step: self.turns.get(step, 0))
        self.last[free[0] if free else stalest] = event
        self.turns[free[0] if free else stalest] = self.turn = self.turn + 1
        in_order = [self.last[step] for step in sorted(self.last, key=lambda step: self.turns[step])]
        self.note(in_order[0], {n: taken.occurred_ms for n, taken in enumerate(in_order, 1)})


def first_ms(attempt: Attempt) -> int:
    return attempt.entry.occurred_ms


def value_at_entry(funnel: Funnel, entry: Event) -> str:
    if funnel.breakdown.startswith("properties."):
        return str(entry.properties.get(funnel.breakdown.removeprefix("properties."), ""))
    return str(getattr(entry, funnel.breakdown)) if funnel.breakdown else ""


def describe_step(funnel: Funnel, step: int, of_day: list[tuple[Any, Attempt]]) -> tuple[Any, ...]:
    """Attempts before, attempts, people, dropped off, median and nine tenths of the seconds since the step before."""
    index = step - 1
    required = [n for n in range(index) if funnel.steps[n].is_required]
    before = [attempt for _, attempt in of_day if not required or attempt.reached_ms[required[-1]] is not None]
    here = [(owner, attempt) for owner, attempt in of_day if attempt.reached_ms[index] is not None]
    times = []
    for _, attempt in here:
        earlier = [at for at in attempt.reached_ms[:index] if at is not None]
        at = attempt.reached_ms[index]
        if earlier and at is not None:
            times.append(at - earlier[-1])
    dropped_off = len(before) - len(here) if funnel.steps[index].is_required else 0
    people = len({owner for owner, _ in here})
    return len(before), len(here), people, dropped_off, quantile(times, 1, 2), quantile(times, 9, 10)


def quantile(times: list[int], share: int, of: int) -> float:
    """Seconds, between the two nearest of the sorted times; 0 for none."""
    if not times:
        return 0.0
    ranked = sorted(times)
    place = Fraction(share * (len(ranked) - 1), of)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return round(float(ranked[low] + (place - low) * (ranked[high] - ranked[low])) / 1000, 6)
