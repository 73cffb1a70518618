"""Unmodified clients: clickhouse-connect, synchronous, asynchronous and under SQLAlchemy."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import clickhouse_connect
import pytest
import sqlalchemy
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from tests.headwater.warehouse.embedded.conftest import Server


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    with clickhouse_connect.get_client(host="127.0.0.1", port=server.port) as client:
        yield client


def test_rows_of_many_types_come_back_as_they_went(client: Any) -> None:
    client.command(
        "CREATE OR REPLACE TABLE types (a Int64, b Nullable(String), c Decimal(18, 2), d Array(UInt8), "
        "e Map(String, UInt8), f LowCardinality(String), g JSON) ENGINE = MergeTree ORDER BY a"
    )
    rows = [[1, None, Decimal("1.50"), [1, 2], {"x": 1}, "low", {"k": 1}], [2, "b", Decimal("-2"), [], {}, "", {}]]
    summary = client.insert("types", rows, column_names=list("abcdefg"))
    assert summary.written_rows == 2
    found = client.query("SELECT * FROM types ORDER BY a").result_rows
    assert [list(row) for row in found] == rows
    client.command("DROP TABLE types")


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_large_insert_and_query_in_every_encoding(server: Server, table: str, compress: Any) -> None:
    with clickhouse_connect.get_client(host="127.0.0.1", port=server.port, compress=compress) as client:
        client.insert(table, [[number, str(number)] for number in range(150_000)], column_names=["id", "name"])
        assert client.query(f"SELECT count(), sum(id) FROM {table}").first_row == (150_000, sum(range(150_000)))
        assert len(client.query(f"SELECT * FROM {table}").result_rows) == 150_000


def test_time_zones_of_columns_reach_the_client(client: Any) -> None:
    sql = "SELECT 'x' AS a, toDateTime('2024-07-01 10:00:00', 'America/Chicago') AS t, now() AS n"
    row = client.query(sql).first_row
    assert (str(row[1].tzinfo), row[1].hour) == ("America/Chicago", 10)
    assert client.query("SELECT now() AS n", settings={"session_timezone": "Asia/Tokyo"}).row_count == 1


def test_data_frames_and_arrow_tables_come_and_go(client: Any, table: str) -> None:
    frame = client.query_df("SELECT number AS id, toString(number) AS name FROM numbers(70000)")
    client.insert_df(table, frame)
    arrow = client.query_arrow(f"SELECT * FROM {table} ORDER BY id")
    client.insert_arrow(table, arrow)
    assert client.command(f"SELECT count() FROM {table}") == 140_000
    with client.query_row_block_stream(f"SELECT * FROM {table}") as blocks:
        assert sum(len(block) for block in blocks) == 140_000


def test_metadata_queries_answer(client: Any) -> None:
    assert client.query("SELECT 1 AS a, 'x' AS b LIMIT 0").column_names == ("a", "b")
    assert client.query("DESCRIBE TABLE system.one").result_rows[0][0] == "dummy"
    assert client.query("SHOW DATABASES LIKE 'default'").result_rows == [("default",)]
    assert client.command("EXISTS TABLE system.one") == 1


def test_settings_and_parameters_of_a_call(client: Any) -> None:
    assert client.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 5}).first_row == (5,)
    assert client.query("SELECT {a:Int32} + {b:Int32}", parameters={"a": 1, "b": 2}).first_row == (3,)


def test_external_data_joins(client: Any) -> None:
    data = ExternalData(file_name="people.tsv", data=b"ann\t1\nbob\t2\n", structure="name String, id UInt8")
    assert client.query("SELECT name FROM people WHERE id = 2", external_data=data).first_row == ("bob",)


def test_errors_arrive_as_the_clients_own(client: Any) -> None:
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT * FROM nowhere")
    assert refused.value.code == 60
    late = "SELECT sleepEachRow(0.01), throwIf(number = 30) FROM numbers(60)"
    settings = {"max_block_size": 1, "wait_end_of_query": 0}
    with pytest.raises(StreamFailureError, match="throwIf"), client.query_rows_stream(late, settings=settings) as rows:
        list(rows)
    assert client.command("SELECT 1") == 1


def test_asynchronous_client_runs_queries_side_by_side(server: Server, table: str) -> None:
    async def work() -> list[Any]:
        client = await clickhouse_connect.get_async_client(host="127.0.0.1", port=server.port)
        try:
            await client.insert(table, [[1, "a"], [2, "b"]], column_names=["id", "name"])
            results = await asyncio.gather(*(client.query(f"SELECT sum(id) + {n} FROM {table}") for n in range(6)))
        finally:
            await client.close()
        return [result.result_rows for result in results]

    assert asyncio.run(work()) == [[(total,)] for total in range(3, 9)]


def test_sqlalchemy_reflects_inserts_and_selects(server: Server, table: str) -> None:
    engine = sqlalchemy.create_engine(f"clickhousedb://default:@127.0.0.1:{server.port}/default")
    reflected = sqlalchemy.Table(table, sqlalchemy.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.insert(reflected), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        rows = connection.execute(sqlalchemy.select(reflected).order_by(reflected.c.id)).fetchall()
        assert connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
    assert rows == [(1, "a"), (2, "b")]
    assert table in sqlalchemy.inspect(engine).get_table_names()
    engine.dispose()
