"""Inserts: formats, settings, errors, and memory that doesn't grow with the body."""

import http.client
import io
import json
from collections.abc import Iterator

import pyarrow
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet
import pytest

from tests.headwater.warehouse.embedded.conftest import Server

_META = [{"name": "id", "type": "UInt64"}, {"name": "name", "type": "String"}]
_TABLE = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.uint64()), "name": ["a", "b"]})


def _parquet() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(_TABLE, file)
    return file.getvalue()


def _arrow() -> bytes:
    file = io.BytesIO()
    pyarrow.feather.write_feather(_TABLE, file, compression="uncompressed")
    return file.getvalue()


def _orc() -> bytes:
    file = io.BytesIO()
    pyarrow.orc.write_table(_TABLE.cast(pyarrow.schema({"id": pyarrow.int64(), "name": pyarrow.string()})), file)
    return file.getvalue()


BODIES = {
    "Values": b"(1,'a'),(2,'b')",
    "TabSeparated": b"1\ta\n2\tb\n",
    "TabSeparatedWithNames": b"name\tid\na\t1\nb\t2\n",
    "CSV": b'1,"a"\n2,"b"\n',
    "CSVWithNames": b"name,id\na,1\nb,2\n",
    "JSONEachRow": b'{"id":1,"name":"a"}\n{"name":"b","id":2}',
    "JSONCompactEachRow": b'[1,"a"]\n[2,"b"]\n',
    "JSON": json.dumps({"meta": _META, "data": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}).encode(),
    "RowBinary": b"\x01" + b"\0" * 7 + b"\x01a\x02" + b"\0" * 7 + b"\x01b",
    "Native": b"\x02\x02\x02id\x06UInt64\x01" + b"\0" * 7 + b"\x02" + b"\0" * 7 + b"\x04name\x06String\x01a\x01b",
    "TSKV": b"id=1\tname=a\nname=b\tid=2\n",
    "Parquet": _parquet(),
    "Arrow": _arrow(),
    "ORC": _orc(),
}


@pytest.mark.parametrize("name", BODIES)
def test_rows_are_taken_in_every_format(server: Server, table: str, name: str) -> None:
    reply = server.send(BODIES[name], query=f"INSERT INTO {table} FORMAT {name}")
    assert reply.status == 200, reply.text
    assert '"written_rows":"2"' in reply.headers["X-ClickHouse-Summary"]
    assert server.rows(f"SELECT * FROM {table} ORDER BY id") == [["1", "a"], ["2", "b"]]


def test_rows_may_follow_the_statement_in_the_body(server: Server, table: str) -> None:
    server.rows(f"INSERT INTO {table} FORMAT TabSeparated\n1\ta\n")
    server.rows(f"INSERT INTO {table} VALUES (2, 'b')")
    server.rows(f"INSERT INTO {table} (name, id) SETTINGS max_threads = 1 VALUES ('c', 3)")
    server.rows(f'INSERT INTO {table} FORMAT JSONEachRow {{"id": 4, "name": "FORMAT"}}')
    assert server.value(f"SELECT count() FROM {table}") == "4"


def test_rows_may_come_through_input(server: Server, table: str) -> None:
    query = f"INSERT INTO {table} SELECT id * 2, upper(n) FROM input('id UInt64, n String') FORMAT CSV"
    assert server.send(b"1,a\n2,b\n", query=query).status == 200
    assert server.rows(f"SELECT * FROM {table} ORDER BY id") == [["2", "A"], ["4", "B"]]


def test_bad_row_is_refused_and_the_server_goes_on(server: Server, table: str) -> None:
    reply = server.send(b"1\ta\nno number\tb\n", query=f"INSERT INTO {table} FORMAT TabSeparated")
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (400, "27")
    assert server.value(f"SELECT count() FROM {table}") == "0"
    assert server.send(b"1\n", query="INSERT INTO nowhere FORMAT CSV").status == 404


def test_fsync_may_be_asked_for_per_table_and_per_request(server: Server) -> None:
    server.rows("CREATE TABLE synced (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS fsync_after_insert = 1")
    assert server.send(b"1\n", query="INSERT INTO synced FORMAT CSV").status == 200
    assert server.send(b"2\n", query="INSERT INTO synced FORMAT CSV", fsync_metadata=1).status == 200
    assert server.value("SELECT count() FROM synced") == "2"
    server.rows("DROP TABLE synced")


def test_large_insert_does_not_grow_the_process(server: Server) -> None:
    server.rows("CREATE TABLE large (id UInt64, filler String) ENGINE = Null")
    block = b"".join(b"%d\t%b\n" % (number, b"x" * 100) for number in range(10_000))
    # ClickHouse itself gathers a million rows or 256 MB into a block; without that, what is left is the server's.
    settings = "min_insert_block_size_rows=65536&min_insert_block_size_bytes=1000000"
    url = f"/?query=INSERT+INTO+large+FORMAT+TabSeparated&{settings}"
    server.send(block * 20, path=url)
    before = server.resident()
    highest = before

    def pieces() -> Iterator[bytes]:
        nonlocal highest
        for _ in range(400):
            yield block
            highest = max(highest, server.resident())

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", url, pieces(), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    sent = 400 * len(block)
    assert sent > 400e6
    assert highest - before < 150e6, f"{(highest - before) / 1e6:.0f} MB for a body of {sent / 1e6:.0f} MB"


def test_client_that_goes_away_leaves_no_rows_half_sent(server: Server, table: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", f"/?query_id=left&query=INSERT+INTO+{table}+FORMAT+CSV")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    connection.send(b"1,a\n" * 100)
    connection.close()
    server.wait_for(lambda: not server.is_running("left"))
    assert server.value(f"SELECT count() FROM {table}") == "0"


@pytest.mark.parametrize("size", [1, 2_000_000])
@pytest.mark.parametrize("name", ["CSV", "input"])
def test_rows_that_were_not_stored_are_not_acknowledged(server: Server, name: str, size: int) -> None:
    server.rows("CREATE OR REPLACE TABLE few (id UInt64, CONSTRAINT few CHECK id < 5) ENGINE = MergeTree ORDER BY id")
    source = "SELECT * FROM input('id UInt64') FORMAT CSV" if name == "input" else "FORMAT CSV"
    reply = server.send(b"1\n" * (size - 1) + b"9\n", query=f"INSERT INTO few {source}")
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (500, "469")
    assert "/dev/fd" not in reply.text


def test_view_that_fails_fails_the_insert(server: Server, table: str) -> None:
    server.rows(f"CREATE MATERIALIZED VIEW {table}_view ENGINE = Memory AS SELECT throwIf(id = 9) AS x FROM {table}")
    reply = server.send(b"1,a\n9,b\n", query=f"INSERT INTO {table} FORMAT CSV")
    assert reply.headers["X-ClickHouse-Exception-Code"] == "395"
    server.rows(f"DROP TABLE {table}_view")


def test_too_many_partitions_fail_the_insert(server: Server) -> None:
    server.rows("CREATE OR REPLACE TABLE cut (id UInt64) ENGINE = MergeTree ORDER BY id PARTITION BY id")
    body = b"".join(b"%d\n" % number for number in range(500))
    assert server.send(body, query="INSERT INTO cut FORMAT CSV").headers["X-ClickHouse-Exception-Code"] == "252"
    assert server.value("SELECT count() FROM cut") == "0"


@pytest.mark.parametrize("name", ["CSV", "Values", "JSONEachRow", "Native", "TabSeparated"])
def test_no_rows_are_rows_too(server: Server, table: str, name: str) -> None:
    reply = server.send(b"", query=f"INSERT INTO {table} FORMAT {name}")
    assert (reply.status, reply.text) == (200, "")


def test_insert_settings_may_stand_before_the_format(server: Server, table: str) -> None:
    query = f"INSERT INTO {table} (id, name) SETTINGS input_format_csv_detect_header = 0, max_threads = 1 FORMAT CSV"
    assert server.send(b"1,a\n", query=query).status == 200
    query = "INSERT INTO {t:Identifier} FORMAT CSV"
    assert server.send(b"2,b\n", query=query, param_t=table).status == 200
    assert server.send("INSERT INTO settings VALUES (1)").status == 404
    assert server.value(f"SELECT count() FROM {table}") == "2"


def test_defaults_fill_in_what_rows_leave_out(server: Server) -> None:
    server.rows("CREATE OR REPLACE TABLE more (a UInt8, b UInt8 DEFAULT a + 1, c UInt8 MATERIALIZED 7) ENGINE = Memory")
    server.send('{"a":1}{"a":2,"b":9}', query="INSERT INTO more FORMAT JSONEachRow")
    assert server.rows("SELECT a, b, c FROM more ORDER BY a") == [["1", "2", "7"], ["2", "9", "7"]]


def test_client_that_goes_away_late_leaves_whole_blocks_only(server: Server) -> None:
    server.rows("CREATE OR REPLACE TABLE blocks (id UInt64) ENGINE = MergeTree ORDER BY id")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/?query_id=late&query=INSERT+INTO+blocks+FORMAT+CSV&max_insert_block_size=1000")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    rows = b"1\n" * 500_000
    connection.send(b"%x\r\n%b\r\n" % (len(rows), rows))
    connection.close()
    server.wait_for(lambda: not server.is_running("late"))
    assert server.value("SELECT count() FROM blocks") == "0"
