"""A machine that moves, looks and buys between two builds: each event in a cell of its own, of an item of its own.

A million of each kind took 1.3 GB at the most when this was written, of which these models took 1.1 GB.
"""

import pytest

from tests.dbt_project.conftest import Models

ROWS = 100_000
MOST_BYTES = 600 * 2**20
"""Of any statement, a sixth of what a warehouse of 4 GB has for all."""

BUILT = ("rpt_move_grid_daily", "rpt_attention_daily", "rpt_content_revenue_daily", "rpt_content_daily")
PROPERTIES = {
    "move": """concat('{"x":', toString(number % 1000 * 20), ',"y":', toString(intDiv(number, 1000) * 20), '}')""",
    "attention": """concat('{"y":', toString(number % 10000 * 100), ',"duration_ms":3600001}')""",
    "purchase": """concat('{"content_id":"item-', toString(number), '","creator_id":"creator-', toString(number),
        '","amount":1000000000000,"currency":"usd"}')""",
}


def insert(models: Models, first: int, rows: int) -> None:
    """Events of each kind with numbers from ``first`` on, each of a visitor of its own, on one day."""
    for kind, (event, properties) in enumerate(PROPERTIES.items()):
        models.client.command(
            "INSERT INTO raw_events.events (id, event, occurred_at, received_at, org_id, site_id, visitor_id, path,"
            " device_type, properties, collector_id, sequence)"
            f" SELECT reinterpretAsUUID(sipHash128(number, {kind})), '{event}',"
            " toDateTime64('2026-09-12 00:00:00', 3, 'UTC') + toIntervalMillisecond(number) AS at, at, 'acme', 'shop',"
            f" toString(number), concat('/', toString(intDiv(number, 10000))), 'desktop', {properties},"
            f" 'machine', 3 * number + {kind} FROM numbers({first}, {rows})"
        )


@pytest.fixture(scope="module")
def built(models: Models) -> Models:
    for first, rows in ((0, 10), (10, ROWS - 10)):
        insert(models, first, rows)
        done = models.dbt("run", "--select", *(f"+{model}" for model in BUILT))
        assert done.returncode == 0, done.stdout
    assert not models.client.rows("SELECT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    return models


def test_all_of_it_is_counted(built: Models) -> None:
    for sql, expected in (
        ("SELECT count(), sum(moves), sum(visitors) FROM marts.rpt_move_grid_daily", (ROWS, ROWS, ROWS)),
        (
            "SELECT count(), sum(attention_ms), sum(visitors) FROM marts.rpt_attention_daily",
            (ROWS, ROWS * 3_600_000, ROWS),
        ),
        (
            "SELECT uniqExact(content_id), uniqExact(creator_id), sum(revenue), sum(buyers)"
            " FROM marts.rpt_content_revenue_daily",
            (ROWS, ROWS, ROWS * 10**12, ROWS),
        ),
    ):
        assert built.client.query(sql)[1] == [expected], sql


def test_no_statement_takes_more_memory_than_it_may(built: Models) -> None:
    built.client.command("SYSTEM FLUSH LOGS")
    peaks = built.client.query(
        "SELECT max(memory_usage), argMax(query, memory_usage) FROM system.query_log WHERE type != 'QueryStart'"
    )[1]
    assert 0 < peaks[0][0] < MOST_BYTES, peaks
