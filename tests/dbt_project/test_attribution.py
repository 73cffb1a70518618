"""Attribution: against an oracle in exact fractions, and against the sessions and paths another package publishes."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from headwater.contracts.definition import EventMatch, Goal
from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.conversions import Conversion, count_conversions
from tests.dbt_project.credits import MODELS, share, weigh
from tests.dbt_project.journeys import Event, Session
from tests.dbt_project.project import SMALL_SCALE

pytestmark = pytest.mark.xdist_group("walks")

BILLION = 10**9
TOUCHES_AT_MOST = int(SMALL_SCALE["touches_at_most"])
PUBLISHED = {
    "Direct": "Direct",
    "Organic_Search": "Organic Search",
    "Video": "Organic Video",
    "Paid_Search_Other": "Paid Search",
    "Unmatched_Channel": "Affiliates",
    "Referral": "Referral",
}


def test_credits_are_those_of_the_oracle(walks: Models) -> None:
    events = journeys.all_events()
    owners = journeys.resolve_people(events)
    visits: defaultdict[tuple[str, tuple[str, str]], list[Session]] = defaultdict(list)
    for session in journeys.split_sessions(events):
        if not session.first.is_bot:
            visits[session.first.site_id, owners[session.first]].append(session)
    direct = {
        (row["site_id"], row["visitor_id"], row["started_at"])
        for row in walks.client.rows(
            "SELECT site_id, visitor_id, toUnixTimestamp64Milli(started_at) AS started_at FROM marts.fct_sessions"
            " WHERE source = '(direct)' AND NOT is_bot"
        )
    }
    expected: Counter[tuple[Any, ...]] = Counter()
    touches_of: Counter[tuple[str, int]] = Counter()
    counts: Counter[tuple[Any, ...]] = Counter()
    for conversion in count_conversions(events):
        in_all = find_touches(conversion, visits[conversion.site_id, conversion.owner]) if conversion.owner else []
        touches_of[conversion.kind, len(in_all)] += 1
        numbers = keep_touches(len(in_all))
        touches = [in_all[number - 1] for number in numbers]
        if touches:
            counts[conversion.kind, conversion.site_id, conversion.converted_ms, len(in_all), tuple(numbers)] += 1
        is_direct = [(s.first.site_id, s.first.visitor_id, s.first.occurred_ms) in direct for s in touches]
        for model in MODELS:
            weights = weigh(model, [s.first.occurred_ms for s in touches], is_direct) if touches else [Fraction(1)]
            shares = zip(
                share(BILLION, weights),
                share(conversion.value, weights),
                share(conversion.revenue, weights),
                weights,
                strict=True,
            )
            for number, (units, value, revenue, weight) in zip(numbers or [0], shares, strict=True):
                if weight:
                    key = conversion.kind, conversion.site_id, conversion.goal_id, conversion.converted_ms
                    money = value, revenue, conversion.currency
                    expected[(*key, conversion.visitor_id, model, number, units, *money)] += 1
    assert all(touches_of[kind, n] for kind in ("goal", "revenue") for n in range(6))
    found: Counter[tuple[Any, ...]] = Counter()
    for row in walks.client.rows(
        "SELECT conversion_kind, site_id, goal_id, toUnixTimestamp64Milli(converted_at) AS at, visitor_id, model,"
        " position, toInt64(credit * 1000000000) AS units, a.value AS value, a.revenue AS revenue,"
        " a.currency AS currency FROM marts.fct_attribution AS a INNER JOIN"
        " (SELECT completion_id AS conversion_id, visitor_id FROM marts.fct_goal_completions UNION ALL"
        " SELECT conversion_id, visitor_id FROM marts.fct_revenue_events) AS c USING (conversion_id)"
    ):
        found[tuple(row.values())] += 1
    assert found == expected
    assert any(n > TOUCHES_AT_MOST for _, n in touches_of)
    rows = walks.client.query(
        "SELECT conversion_kind, site_id, toUnixTimestamp64Milli(t.converted_at), touches_in_all, arraySort(groupArray("
        "position)) FROM marts.fct_touchpoints AS t INNER JOIN marts.fct_conversions AS c USING (conversion_id)"
        " GROUP BY conversion_id, conversion_kind, site_id, t.converted_at, touches_in_all"
    )[1]
    assert Counter((*row[:4], tuple(row[4])) for row in rows) == counts


def test_credits_and_money_add_up_to_each_conversion(walks: Models) -> None:
    """Summed here in every model, from nothing but the conversions: one without credits would be missing."""
    wrong = walks.client.value(
        "SELECT count() FROM (SELECT conversion_id, uniqExact(model) AS models, sum(credit) AS credit,"
        " sum(value) AS value, sum(revenue) AS revenue FROM marts.fct_attribution GROUP BY conversion_id) AS a"
        " RIGHT JOIN marts.fct_conversions AS c ON c.conversion_id = a.conversion_id"
        " WHERE models != 6 OR credit != 6 OR a.value != 6 * c.value OR a.revenue != 6 * c.revenue"
    )
    assert wrong == 0


def test_money_of_events_that_reach_goals_too_is_counted_once(walks: Models) -> None:
    events = journeys.all_events()
    conversions = count_conversions(events)
    twice = {(c.site_id, c.visitor_id, c.converted_ms) for c in conversions if c.goal_id == "bought"} & {
        (c.site_id, c.visitor_id, c.converted_ms) for c in conversions if c.kind == "revenue"
    }
    assert twice
    expected: Counter[str] = Counter()
    for event in events:
        amount = event.properties.get("amount", 0)
        if event.event == "purchase" and amount <= journeys.AMOUNT_AT_MOST and not event.is_bot:
            expected[event.properties.get("currency", "")] += amount
    for model in MODELS:
        found = walks.client.query(
            f"SELECT currency, sum(revenue) FROM marts.rpt_attribution_daily WHERE model = '{model}'"
            " GROUP BY currency HAVING sum(revenue) != 0"
        )[1]
        assert dict(map(tuple, found)) == {currency: money for currency, money in expected.items() if money}, model


def test_revenue_events_are_those_of_the_oracle(walks: Models) -> None:
    expected: list[dict[str, Any]] = [
        {
            "site_id": conversion.site_id,
            "visitor_id": conversion.visitor_id,
            "day": journeys.local_day(conversion.site_id, conversion.converted_ms),
            "occurred_at": journeys.moment(conversion.converted_ms),
            "amount": conversion.revenue,
            "currency": conversion.currency,
            "is_somebodys": conversion.owner is not None,
        }
        for conversion in count_conversions(journeys.all_events())
        if conversion.kind == "revenue"
    ]
    assert {row["is_somebodys"] for row in expected} == {True, False}
    found = walks.client.rows(
        "SELECT site_id, visitor_id, day, occurred_at, amount, currency, notEmpty(person_id) AS is_somebodys"
        " FROM marts.fct_revenue_events"
    )
    assert journeys.comparable(found) == journeys.comparable(expected)


def test_published_sessions_give_the_published_paths_and_last_touches(
    models: Models, shared_data: Callable[[str], Path]
) -> None:
    folder = shared_data("snowplow_fractribution") / "integration_tests" / "data" / "expected"
    sessions = read(folder / "snowplow_fractribution_sessions_by_customer_id_expected.csv")
    conversions = read(folder / "snowplow_fractribution_conversions_by_customer_id_expected.csv")
    events = [visit(number, row) for number, row in enumerate(sessions)]
    events += [purchase(number, row) for number, row in enumerate(conversions, start=len(sessions))]
    goal = Goal(kind="event", match=EventMatch("purchase"), value_property="amount", currency="usd", lookback_days=30)
    models.insert("raw_control.goals", journeys.definition_rows("published", {"bought": goal}))
    models.insert("raw_events.events", [journeys.event_row(event, n) for n, event in enumerate(events)])
    for command in (("seed",), ("run", "--select", "+fct_attribution")):
        done = models.dbt(*command)
        assert done.returncode == 0, done.stdout
    found = models.client.query(
        "SELECT user_id, channel FROM intermediate.int_sessions_dated INNER JOIN intermediate.int_sessions_channeled"
        " USING (session_id)"
    )[1]
    # One published referral comes from quora.com, which is a social network on the list we use.
    expected = Counter(
        (row["customer_id"], PUBLISHED[row["channel"]]) for row in sessions if row["source"] != "quora.com"
    )
    expected += Counter((row["customer_id"], "Organic Social") for row in sessions if row["source"] == "quora.com")
    assert len(found) == len(sessions) == 97
    assert Counter(map(tuple, found)) == expected
    paths = models.client.query(
        "SELECT toUnixTimestamp64Milli(converted_at), arrayStringConcat(arrayMap(t -> t.2, arraySort(groupArray("
        "(position, channel)))), ' > ') FROM marts.fct_touchpoints GROUP BY conversion_id, converted_at"
    )[1]
    published = read(folder / "snowplow_fractribution_paths_to_conversion_expected.csv")
    assert {row[0]: row[1] for row in paths} == {
        instant(row["conversion_tstamp"]): " > ".join(PUBLISHED[step] for step in row["path"].split(" > "))
        for row in published
    }
    results = read(folder / "snowplow_fractribution_channel_attribution_expected.csv")
    published_results = {
        PUBLISHED[row["CHANNEL"]]: (Decimal(row["CONVERSIONS"]), cents(row["REVENUE"]))
        for row in results
        if row["ATTRIBUTION_TYPE"] == "last_touch" and float(row["CONVERSIONS"])
    }
    # The purchases reach a goal that takes its worth from them, and are revenue without it.
    for kind, money in (("goal", "value"), ("revenue", "revenue")):
        last = models.client.query(
            f"SELECT channel, sum(credit), sum({money}) FROM marts.fct_attribution"
            f" WHERE model = 'last_touch' AND conversion_kind = '{kind}' GROUP BY channel"
        )[1]
        assert {channel: (credit, sum_) for channel, credit, sum_ in last} == published_results, kind


def find_touches(conversion: Conversion, visits: list[Session]) -> list[Session]:
    """Sessions of the person that began in the look-back, in order."""
    earliest_ms = conversion.converted_ms - conversion.lookback_days * journeys.DAY_MS
    return sorted(
        (visit for visit in visits if earliest_ms <= visit.first.occurred_ms <= conversion.converted_ms),
        key=lambda visit: visit.first.occurred_ms,
    )


def keep_touches(in_all: int) -> list[int]:
    """Which of so many touches have credit: the first and the latest."""
    return [number for number in range(1, in_all + 1) if number == 1 or in_all - number < TOUCHES_AT_MOST - 1]


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def instant(text: str) -> int:
    """Milliseconds since 1970 of a time in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def cents(text: str) -> int:
    return int((Decimal(text) * 100).to_integral_value())


def visit(number: int, row: dict[str, str]) -> Event:
    is_tagged = row["source"] != "(direct)"
    return Event(
        site_id="published",
        id=UUID(int=number),
        event="page_view",
        occurred_ms=instant(row["visit_start_tstamp"]),
        # Some lie within half an hour of each other: each is given a device of its own, so that it stays a session.
        visitor_id=f"{row['customer_id']}-{number}",
        user_id=row["customer_id"],
        utm_source=row["source"] if is_tagged else "",
        utm_medium=row["medium"] if is_tagged else "",
        utm_campaign=row["campaign"] if row["campaign"] != "(not set)" else "",
    )


def purchase(number: int, row: dict[str, str]) -> Event:
    """As a server reports it: of a user, without a visitor."""
    return Event(
        site_id="published",
        id=UUID(int=number),
        event="purchase",
        occurred_ms=instant(row["conversion_tstamp"]),
        user_id=row["customer_id"],
        properties={"amount": cents(row["revenue"]), "currency": "usd"},
    )
