"""What the demo's business counts: goals, a funnel, a cohort, a channel, a segment, and what is printed of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from cli.demo.payments import SITE
from headwater.warehouse.client import Warehouse
from simulator.definitions import CHANNEL_RULES, COHORTS, FUNNEL, FUNNELS, GOALS, SEGMENTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from simulator import Simulation

FURTHEST = """
    SELECT site_id, furthest, count() AS people
    FROM (
        SELECT site_id, person_id, max(furthest_step) AS furthest
        FROM marts.fct_funnel_progress WHERE funnel_id = 'business' GROUP BY site_id, person_id
    )
    GROUP BY site_id, furthest
"""
COMPLETIONS = """
    SELECT org_id, goal_id, count() AS completions
    FROM marts.fct_goal_completions WHERE goal_id IN ('signup', 'subscription') GROUP BY org_id, goal_id
"""
UNDECIDED = """
    SELECT site_id, count() AS people FROM marts.fct_segment_members WHERE segment_id = 'undecided' GROUP BY site_id
"""
SIGNUPS = """
    SELECT cohort_start, period, any(people) AS people, round(100 * any(retained) / people) AS percent
    FROM marts.rpt_retention_cohorts
    WHERE site_id = {site:String} AND cohort_id = 'signups' AND grain = 'week' AND breakdown = ''
    GROUP BY cohort_start, period ORDER BY cohort_start, period
"""
_WEEKS = 5


def define(session: "Session", simulation: "Simulation") -> None:
    """Save them on every site. Does not commit."""
    from headwater.control import save_definition

    for site in simulation.sites:
        for definitions in (GOALS, FUNNELS, COHORTS, CHANNEL_RULES, SEGMENTS):
            for id_, definition in definitions.items():
                save_definition(session, site.site_id, id_, definition)


def definition_tables(warehouse: Warehouse) -> Iterator[Table]:
    """The funnel of one site, and who of those who signed up came back."""
    people = _people_by_step(warehouse).get(SITE, ())
    table = Table(title=f"From the landing page of {SITE} to a subscription", title_justify="left")
    table.add_column("step")
    for name in ("people", "of the step before", "of all"):
        table.add_column(name, justify="right")
    for number, (step, count) in enumerate(zip(FUNNEL.steps, people, strict=False)):
        before = people[number - 1] if number else count
        table.add_row(
            step.name, f"{count:,}", f"{100 * count / (before or 1):.1f} %", f"{100 * count / people[0]:.1f} %"
        )
    yield table
    table = Table(title=f"Who signed up at {SITE} and came back", title_justify="left")
    table.add_column("week of sign-up")
    for name in ("people", *(f"week {number}" for number in range(1, _WEEKS))):
        table.add_column(name, justify="right")
    weeks: dict[str, dict[int, tuple[int, int]]] = {}
    for row in warehouse.rows(SIGNUPS, {"site": SITE}):
        weeks.setdefault(str(row["cohort_start"]), {})[row["period"]] = row["people"], int(row["percent"])
    for week, periods in weeks.items():
        shares = (f"{periods[number][1]} %" if number in periods else "" for number in range(1, _WEEKS))
        table.add_row(week, f"{periods[0][0]:,}", *shares)
    yield table


def compare_definitions(warehouse: Warehouse, simulation: "Simulation") -> Iterator[tuple[bool, str]]:
    """One comparison per site's funnel and segment, and per organization's sign-ups and subscriptions."""
    found = _people_by_step(warehouse)
    undecided = {row["site_id"]: row["people"] for row in warehouse.rows(UNDECIDED)}
    signup, subscribe = (
        next(number for number, step in enumerate(FUNNEL.steps) if step.name == name)
        for name in ("signup", "subscribe")
    )
    for site_id, planned in simulation.truth.funnels.items():
        members, expected_members = undecided.get(site_id, 0), planned[signup] - planned[subscribe]
        yield members == expected_members, f"undecided of {site_id}: {members}, simulated {expected_members}"
        yield found.get(site_id) == planned, f"funnel of {site_id}: {found.get(site_id)}, simulated {planned}"
    completions = {(row["org_id"], row["goal_id"]): row["completions"] for row in warehouse.rows(COMPLETIONS)}
    expected: Counter[tuple[str, str]] = Counter()
    goals = {"signup": "signup", "subscription_started": "subscription"}
    for (org_id, _, event), usage in simulation.truth.usage.items():
        if event in goals:
            expected[org_id, goals[event]] += usage.events
    for key in sorted(expected.keys() | completions.keys()):
        pair = completions.get(key, 0), expected[key]
        yield pair[0] == pair[1], f"goal {key[1]} of {key[0]}: {pair[0]} completions, simulated {pair[1]}"


def _people_by_step(warehouse: Warehouse) -> dict[str, tuple[int, ...]]:
    """By site, how many people took each step."""
    furthest: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in warehouse.rows(FURTHEST):
        furthest[row["site_id"]][row["furthest"]] = row["people"]
    steps = range(1, len(FUNNEL.steps) + 1)
    return {
        site_id: tuple(sum(people for last, people in counts.items() if last >= step) for step in steps)
        for site_id, counts in furthest.items()
    }
