"""Answers with more groups than are sent."""

from datetime import date
from pathlib import Path

import pytest

from api.auth import Caller
from api.metrics.catalogue import read_catalogue
from api.metrics.service import ROW_LIMIT, MetricService
from api.metrics.windows import Window
from api.warehouse import WarehousePool
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse

DEFINITION = """
semantic_models:
  - name: hits
    model: ref('hits')
    config: {meta: {database: truncation}}
    defaults: {agg_time_dimension: day}
    dimensions:
      - {name: day, type: time}
      - {name: site_id, type: categorical}
      - {name: page, type: categorical}
    measures:
      - {name: hit_count, agg: count, expr: page}
metrics:
  - {name: hits, type: simple, type_params: {measure: hit_count}}
"""


@pytest.mark.parametrize(("groups", "truncated"), [(ROW_LIMIT, False), (ROW_LIMIT + 1, True)])
def test_an_answer_that_was_cut_says_so(
    tmp_path: Path, warehouse: Warehouse, warehouse_server: WarehouseSettings, groups: int, truncated: bool
) -> None:
    (tmp_path / "hits.yml").write_text(DEFINITION)
    pool = WarehousePool(warehouse_server)
    caller = Caller("key", "org", "site", frozenset({"metrics:read"}), 60, frozenset(), "UTC")
    warehouse.command("CREATE DATABASE IF NOT EXISTS truncation")
    warehouse.command(
        "CREATE OR REPLACE TABLE truncation.hits ENGINE = MergeTree ORDER BY page AS SELECT 'org' AS org_id,"
        f" 'site' AS site_id, toDate('2026-01-05') AS day, number AS page FROM numbers({groups})"
    )
    window = Window(date(2026, 1, 1), date(2026, 2, 1))
    try:
        answer = MetricService(read_catalogue(tmp_path), pool).answer(caller, "hits", window, ["page"])
    finally:
        pool.close()
        warehouse.command("DROP DATABASE truncation")
    assert (answer.total, len(answer.rows), answer.truncated) == (groups, ROW_LIMIT, truncated)
