"""`headwater sql`: what it prints, in every format."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from headwater.warehouse.client import Warehouse

Sql = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sql(warehouse: Warehouse) -> Sql:
    def run(*arguments: str, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "cli", "sql", *arguments],
            env={**os.environ, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == exit_code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


QUERY = "SELECT 1 AS n, NULL AS nothing, '[red]a|b[/red]' AS text, 'Zürich 日本' AS place, ['x', 'y'] AS list"


def test_a_table_shows_what_was_sent_and_takes_no_markup_for_its_own(sql: Sql) -> None:
    lines = [line for line in sql(QUERY).stdout.splitlines() if "│" in line or "┃" in line]
    header, row = ([cell.strip() for cell in line.replace("┃", "│").split("│")[1:-1]] for line in lines)
    assert header == ["n", "nothing", "text", "place", "list"]
    assert row == ["1", "", "[red]a|b[/red]", "Zürich 日本", "['x', 'y']"]


def test_a_table_ends_at_the_limit_and_says_how_many_rows_are_left(sql: Sql) -> None:
    shown = sql("SELECT number FROM numbers(10)", "--limit", "3").stdout
    assert shown.count("│ ") == 3
    assert "7 more rows; --limit shows more, --format csv shows all" in shown
    assert "more rows" not in sql("SELECT number FROM numbers(3)", "--limit", "3").stdout


def test_json_is_a_line_for_each_row_and_csv_begins_with_the_names(sql: Sql) -> None:
    (row,) = map(json.loads, sql(QUERY, "--format", "json").stdout.splitlines())
    assert row == {"n": 1, "nothing": None, "text": "[red]a|b[/red]", "place": "Zürich 日本", "list": ["x", "y"]}
    names, *rows = csv.reader(io.StringIO(sql("SELECT 'a,b' AS one, 2 AS two", "--format", "csv").stdout))
    assert (names, rows) == (["one", "two"], [["a,b", "2"]])
    assert len(sql("SELECT number FROM numbers(5000)", "--format", "csv").stdout.splitlines()) == 5001


def test_what_returns_no_rows_is_run_and_what_is_wrong_is_one_line(sql: Sql, warehouse: Warehouse) -> None:
    sql("CREATE OR REPLACE TABLE default.made_by_hand (n UInt8) ENGINE = Memory")
    sql("INSERT INTO default.made_by_hand VALUES (7)")
    assert warehouse.value("SELECT n FROM default.made_by_hand") == 7
    sql("DROP TABLE default.made_by_hand")
    refused = sql("SELECT nonsense", exit_code=1)
    assert "nonsense" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_reader_that_has_had_enough_is_no_error(warehouse: Warehouse) -> None:
    query = "SELECT number, repeat('x', 100) FROM numbers(200000)"
    piped = f'{sys.executable} -m cli sql "{query}" --format csv | head -n 2'
    done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""
