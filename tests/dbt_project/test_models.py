"""The models against the oracle, on random and hand-made receipts, each seed on a site of its own."""

import json
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from headwater.warehouse.client import Warehouse
from tests.dbt_project import oracle, traffic
from tests.dbt_project.conftest import Models
from tests.dbt_project.oracle import Receipt

SEEDS = range(40)
MARTS = (
    "fct_sessions",
    "rpt_site_daily",
    "rpt_daily_usage",
    "rpt_hourly_usage",
    "rpt_ingestion_ledger",
    "rpt_late_events",
)
ZONES = dict(traffic.make_site(seed) for seed in SEEDS)

REFUSED = Receipt(
    org_id="by-hand", site_id="unknown", id="00000000-0000-4000-8000-000000000001", event="page_view", visitor_id="v",
    occurred_ms=1_767_571_200_000, received_ms=1_767_571_200_000, collector_id="by-hand", sequence=7,
)  # fmt: skip
"""A row the warehouse refused, and which a replay of its segment loaded all the same."""

EPOCH = replace(REFUSED, id=str(UUID(int=0)), occurred_ms=0, sequence=8)
"""Everything a client may send that equals a type's default: no check may take it for missing."""


@pytest.fixture(scope="module")
def receipts() -> list[Receipt]:
    return [EPOCH, *(receipt for seed in SEEDS for receipt in traffic.make_receipts(seed))]


@pytest.fixture(scope="module")
def built(models: Models, receipts: list[Receipt]) -> Models:
    insert_sites(models)
    insert_events(models, [*receipts, REFUSED])
    insert(models.client, "raw_events.rejected_events", [rejected_row(REFUSED, "refused_by_warehouse")] * 2)
    insert(models.client, "raw_events.landing_segments", segment_rows([*receipts, REFUSED]) * 2)
    # The others are built below, with their checks and with loads going on.
    nothing_checked = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    done = models.dbt("build", "--select", *(f"+{mart}" for mart in MARTS), *nothing_checked)
    assert done.returncode == 0, done.stdout
    return models


@pytest.fixture(scope="module")
def events(receipts: list[Receipt]) -> list[Receipt]:
    return oracle.count_events(receipts)[0]


@pytest.fixture(scope="module")
def sessions(events: list[Receipt]) -> list[dict[str, Any]]:
    return oracle.count_sessions(events, ZONES)


def test_sessions_are_those_of_the_oracle(built: Models, sessions: list[dict[str, Any]]) -> None:
    assert len(sessions) > 400
    assert_rows(built, "fct_sessions", sessions)


def test_site_days_are_those_of_the_oracle(
    built: Models, events: list[Receipt], sessions: list[dict[str, Any]]
) -> None:
    assert_rows(built, "rpt_site_daily", oracle.count_site_days(events, sessions, ZONES))


def test_usage_is_that_of_the_oracle(built: Models, events: list[Receipt]) -> None:
    assert_rows(built, "rpt_daily_usage", oracle.count_usage(events))
    assert_rows(built, "rpt_hourly_usage", oracle.count_hourly_usage(events))


def test_the_ledger_is_that_of_the_oracle(built: Models, receipts: list[Receipt]) -> None:
    events, duplicates = oracle.count_events(receipts)
    assert len(duplicates) > 100
    assert_rows(built, "rpt_ingestion_ledger", oracle.count_ledger(events, duplicates, [REFUSED]))


def test_late_events_are_those_of_the_oracle(built: Models, events: list[Receipt]) -> None:
    assert_rows(built, "rpt_late_events", oracle.count_late_events(events))


def test_loading_everything_again_in_another_order_changes_no_row(built: Models, receipts: list[Receipt]) -> None:
    before = {mart: built.client.query(f"SELECT * FROM marts.{mart} ORDER BY ALL")[1] for mart in MARTS}
    again = list(receipts)
    Random(0).shuffle(again)
    insert_events(built, again)
    done = built.dbt("run", "--select", *(f"+{mart}" for mart in MARTS))
    assert done.returncode == 0, done.stdout
    for mart, rows in before.items():
        assert built.client.query(f"SELECT * FROM marts.{mart} ORDER BY ALL")[1] == rows, mart


def test_loads_during_a_build_make_no_check_fail(built: Models) -> None:
    done = threading.Event()
    with ThreadPoolExecutor(1) as loader, Warehouse(built.settings) as client:
        loads = loader.submit(load_until, done, client)
        try:
            build = built.dbt("build", "--exclude-resource-type", "unit_test")
        finally:
            done.set()
    assert build.returncode == 0, build.stdout
    assert loads.result() > 20


def test_every_invariant_fails_when_its_numbers_disagree(built: Models) -> None:
    for statement in (
        "INSERT INTO staging.stg_events__landing_segments (collector_id, last_sequence, events) VALUES ('lost', 9, 10)",
        "INSERT INTO marts.rpt_ingestion_ledger (org_id, received, counted) VALUES ('lost', 2, 1)",
        "INSERT INTO marts.fct_sessions SELECT * FROM marts.fct_sessions LIMIT 1",
    ):
        built.client.command(statement)
    checked = built.dbt("test", "--select", "test_type:singular")
    assert checked.returncode == 1
    expected = dict.fromkeys(
        (
            "assert_receipts_are_what_the_collectors_wrote",
            "assert_ingestion_ledger_closes",
            "assert_usage_is_the_counted_events",
            "assert_events_of_the_day_are_the_events",
            "assert_sessions_of_the_day_are_the_sessions",
        ),
        "fail",
    )
    assert expected.items() <= checked.statuses.items()


def load_until(done: threading.Event, client: Warehouse) -> int:
    """Load 50 receipts at a time, half of them repeats, and record each segment. Returns the number of loads."""
    loads = 0
    while not done.is_set():
        receipts = [
            replace(
                REFUSED, site_id="busy", id=str(UUID(int=25 * loads + n)), collector_id="busy", sequence=50 * loads + n
            )
            for n in range(50)
        ]
        insert(client, "raw_events.events", map(event_row, receipts))
        insert(client, "raw_events.landing_segments", segment_rows(receipts))
        loads += 1
    return loads


def insert(client: Warehouse, table: str, rows: Iterable[dict[str, Any]]) -> None:
    lines = "\n".join(json.dumps(row) for row in rows)
    client.command(f"INSERT INTO {table} FORMAT JSONEachRow\n{lines}")


def insert_sites(models: Models) -> None:
    created_at = clock(0)
    insert(
        models.client, "raw_control.organizations", [{"id": traffic.ORG, "name": "Random", "created_at": created_at}]
    )
    sites = [
        {"id": site_id, "org_id": traffic.ORG, "name": site_id, "hosts": [], "timezone": zone, "created_at": created_at}
        for site_id, zone in ZONES.items()
    ]
    insert(models.client, "raw_control.sites", sites)


def insert_events(models: Models, receipts: Sequence[Receipt]) -> None:
    """In two loads, so that no model can count on one part."""
    half = len(receipts) // 2
    for load in (receipts[half:], receipts[:half]):
        insert(models.client, "raw_events.events", [event_row(receipt) for receipt in load])


def event_row(receipt: Receipt) -> dict[str, Any]:
    row = asdict(receipt)
    quantity = row.pop("quantity")
    row["properties"] = f'{{"plan": {{"quantity": 7}}, "quantity": {quantity}}}' if quantity else "{}"
    row["occurred_at"] = clock(row.pop("occurred_ms"))
    row["received_at"] = clock(row.pop("received_ms"))
    return row


def rejected_row(receipt: Receipt, code: str) -> dict[str, Any]:
    row = event_row(receipt)
    return {name: row[name] for name in ("received_at", "org_id", "site_id", "collector_id", "sequence")} | {
        "code": code
    }


def segment_rows(receipts: Iterable[Receipt]) -> list[dict[str, Any]]:
    """One segment for each collector, with the collector's own count of what it wrote."""
    collectors: dict[str, set[int]] = {}
    for receipt in receipts:
        collectors.setdefault(receipt.collector_id, set()).add(receipt.sequence)
    return [
        {"collector_id": name, "first_sequence": min(found), "last_sequence": max(found), "events": len(found)}
        for name, found in collectors.items()
    ]


def clock(milliseconds: int) -> str:
    return oracle.moment(milliseconds).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def assert_rows(models: Models, mart: str, expected: list[dict[str, Any]]) -> None:
    columns = sorted(expected[0])
    found = models.client.rows(f"SELECT {', '.join(columns)} FROM marts.{mart}")
    assert sorted(map(comparable, found)) == sorted(map(comparable, expected))


def comparable(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _plain(value)) for name, value in sorted(row.items()))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return value.normalize() if isinstance(value, Decimal) else value
