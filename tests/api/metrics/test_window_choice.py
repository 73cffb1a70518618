"""Measures that add up over everything but time: what is open or closed is that of one day."""

from datetime import date
from pathlib import Path

import pytest

from api.auth import Caller
from api.metrics.catalogue import BrokenDefinition, read_catalogue
from api.metrics.service import MetricService
from api.metrics.windows import Window
from api.warehouse import WarehousePool
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse

DEFINITION = """
semantic_models:
  - name: levels
    model: ref('levels')
    config: {meta: {database: levels}}
    defaults: {agg_time_dimension: calendar_day}
    dimensions:
      - {name: calendar_day, type: time, expr: day}
      - {name: site_id, type: categorical}
      - {name: currency, type: categorical}
    measures:
      - {name: closed, agg: sum, expr: closing, non_additive_dimension: {name: calendar_day, window_choice: max}}
      - {name: opened, agg: sum, expr: opening, non_additive_dimension: {name: calendar_day, window_choice: min}}
      - {name: moved, agg: sum, expr: closing - opening}
metrics:
  - {name: at_end, type: simple, type_params: {measure: closed}}
  - {name: at_start, type: simple, type_params: {measure: opened}}
  - {name: change, type: simple, type_params: {measure: moved}}
  - {name: growth, type: ratio, type_params: {numerator: change, denominator: at_start}}
"""
ROWS = [
    ("2026-01-30", "usd", 10, 20),
    ("2026-01-30", "eur", 1, 2),
    ("2026-01-31", "usd", 20, 15),
    ("2026-01-31", "eur", 2, 2),
    ("2026-02-01", "usd", 15, 0),
    ("2026-02-01", "eur", 2, 7),
]


def test_the_first_and_the_last_day_of_each_group_count(
    tmp_path: Path, warehouse: Warehouse, warehouse_server: WarehouseSettings
) -> None:
    (tmp_path / "levels.yml").write_text(DEFINITION)
    warehouse.command("CREATE DATABASE IF NOT EXISTS levels")
    values = ", ".join(f"('org', 'site', '{d}', '{c}', {o}, {v})" for d, c, o, v in ROWS)
    warehouse.command(
        "CREATE OR REPLACE TABLE levels.levels (org_id String, site_id String, day Date, currency String,"
        " opening Int64, closing Int64) ENGINE = MergeTree ORDER BY day"
    )
    warehouse.command(f"INSERT INTO levels.levels VALUES {values}")
    pool = WarehousePool(warehouse_server)
    service = MetricService(read_catalogue(tmp_path), pool)
    caller = Caller("key", "org", "site", frozenset({"metrics:read"}), 60, frozenset(), "UTC")
    window = Window(date(2026, 1, 1), date(2026, 3, 1))

    def ask(name: str, group: str) -> list[float | int | None]:
        answer = service.answer(caller, name, window, [group])
        return [answer.total, *(row.value for row in answer.rows)]

    try:
        assert ask("at_end", "month") == [7, 17, 7]
        assert ask("at_end", "currency") == [7, 7, 0]
        assert ask("at_start", "month") == [11, 11, 17]
        assert ask("change", "month") == [-4, 6, -10]
        assert ask("growth", "currency") == [pytest.approx(-4 / 11, abs=1e-6), 6, -1]
    finally:
        pool.close()
        warehouse.command("DROP DATABASE levels")


@pytest.mark.parametrize(
    "broken",
    [
        "agg: max, expr: x, non_additive_dimension: {name: day, window_choice: max}",
        "agg: sum, expr: x, non_additive_dimension: {name: site_id, window_choice: max}",
        "agg: sum, expr: x, non_additive_dimension: {name: day, window_choice: average}",
        "agg: sum, expr: x, non_additive_dimension: {name: day, window_choice: max, window_groupings: [site_id]}",
    ],
)
def test_what_cannot_be_compiled_is_refused_when_it_is_read(tmp_path: Path, broken: str) -> None:
    (tmp_path / "broken.yml").write_text(
        "semantic_models:\n  - name: broken\n    model: ref('broken')\n    defaults: {agg_time_dimension: day}\n"
        "    dimensions:\n      - {name: day, type: time}\n      - {name: site_id, type: categorical}\n"
        f"    measures:\n      - {{name: level, {broken}}}\n"
    )
    with pytest.raises(BrokenDefinition, match="level"):
        read_catalogue(tmp_path)
