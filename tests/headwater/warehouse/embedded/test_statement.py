"""What is read out of a statement's tokens."""

import pytest

from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.statement import first_word, parse_insert, parse_query


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,2", b"1,2"),
        (b"insert into t (a, b) format CSV \r\n1,2", b"1,2"),
        (b"INSERT INTO t FORMAT JSONEachRow {}", b"{}"),
        (b"INSERT INTO t VALUES (1), ('; FORMAT')", b" (1), ('; FORMAT')"),
        (b"-- FORMAT Native\nINSERT /* x */ INTO `format` FORMAT CSV\n1", b"1"),
        (b"INSERT INTO FUNCTION file('a FORMAT b', 'CSV') FORMAT CSV\n1", b"1"),
        (b"INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV\n1", b"1"),
        (b"WITH 1 AS x INSERT INTO t FORMAT CSV\n1", b"1"),
        (b"INSERT INTO t", b""),
        (b"INSERT INTO t;", b""),
    ],
)
def test_rows_of_an_insert_begin_behind_its_format(sql: bytes, rows: bytes) -> None:
    insert = parse_insert(sql)
    assert insert is not None
    assert sql[insert.data :] == rows


@pytest.mark.parametrize(
    "sql",
    [
        b"SELECT 'INSERT INTO t FORMAT CSV'",
        b"INSERT INTO t SELECT 1",
        b"INSERT INTO t SELECT 1 FORMAT Null",
        b"INSERT INTO t FROM INFILE 'a.csv' FORMAT CSV",
        b"WITH insert AS (SELECT 13 AS n) SELECT * FROM insert",
        b"WITH 13 AS insert SELECT insert",
    ],
)
def test_statement_that_brings_no_rows_is_no_insert(sql: bytes) -> None:
    assert parse_insert(sql) is None


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1 format JSON SETTINGS max_threads = 1;", "JSON"),
        (b"SELECT 1 SETTINGS max_threads = 1 FORMAT CSV -- FORMAT XML", "CSV"),
        (b"SELECT * FROM t FORMAT Native // LIMIT 0", "Native"),
        (b"SELECT format FROM t", ""),
        (b"SELECT a.format FROM a ORDER BY format DESC", ""),
        (b"SELECT ' FORMAT JSON '", ""),
        (b"SELECT (SELECT 1 AS format) AS x", ""),
    ],
)
def test_format_clause_is_told_from_a_column(sql: bytes, wanted: str) -> None:
    assert parse_query(sql).format == wanted


def test_space_and_semicolons_end_a_statement() -> None:
    assert parse_query("SELECT 13;\u00a0".encode()).sql == b"SELECT 13"
    assert parse_query(b"SELECT 13; /* inner; */ ;").sql == b"SELECT 13"
    assert first_word(b"  -- x\n (SELECT 1)") == "("
    with pytest.raises(QueryError, match="Multi-statements"):
        parse_query(b"SELECT 1; SELECT 2")
    with pytest.raises(QueryError, match="Empty query"):
        parse_query(b" -- nothing\n")
