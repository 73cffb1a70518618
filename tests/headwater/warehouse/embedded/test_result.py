"""Results: formats, streaming, errors before and in the middle, cancelling, limits."""

import asyncio
import contextlib
import http.client
import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pyarrow.parquet
import pytest

from tests.headwater.warehouse.embedded.conftest import Reply, Server

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"


def _form(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, dict[str, str]]:
    """A multipart body of (name, file name or None, content), and its header."""
    body = b""
    for name, file, content in parts:
        told = f'; filename="{file}"' if file else ""
        body += f'--limit\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'.encode() + content + b"\r\n"
    return body + b"--limit--\r\n", {"Content-Type": "multipart/form-data; boundary=limit"}


@pytest.mark.parametrize("name", ["JSON", "JSONCompact", "Parquet", "Arrow", "XML", "Pretty", "Values", "CSVWithNames"])
def test_result_of_many_blocks_is_one_file(server: Server, name: str) -> None:
    reply = server.send(f"SELECT number, 'x' AS name FROM numbers(200000) FORMAT {name}")
    assert (reply.status, reply.headers["X-ClickHouse-Format"]) == (200, name)
    if name.startswith("JSON"):
        assert json.loads(reply.body)["rows"] == 200_000
    elif name == "Parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(reply.body)).num_rows == 200_000
    elif name == "CSVWithNames":
        assert reply.body.count(b"\n") == 200_001
        assert reply.body.count(b"number") == 1


def test_totals_and_extremes_reach_the_client(server: Server) -> None:
    sql = "SELECT number % 2 AS n, count() FROM numbers(10) GROUP BY n WITH TOTALS ORDER BY n"
    assert server.send(sql).body == b"0\t5\n1\t5\n\n0\t10\n"
    assert server.send("SELECT number FROM numbers(3)", extremes=1).body == b"0\n1\n2\n\n0\n2\n"


def test_statements_without_rows_answer_with_nothing(server: Server) -> None:
    reply = server.send("CREATE TABLE IF NOT EXISTS nothing (a UInt8) ENGINE = Memory")
    assert (reply.status, reply.body, "X-ClickHouse-Format" in reply.headers) == (200, b"", False)
    assert server.rows("SHOW TABLES LIKE 'nothing'") == [["nothing"]]
    assert server.rows("EXISTS nothing FORMAT CSV") == [["1"]]
    server.rows("DROP TABLE nothing")


def test_native_of_a_newer_protocol_has_block_info_and_time_zones(server: Server) -> None:
    sql = "SELECT toDateTime(0, 'Asia/Tokyo') AS t FORMAT Native"
    assert b"\x01t\x08DateTime" in server.send(sql).body
    body = server.send(sql, client_protocol_version=54405).body
    assert body.startswith(b"\x01\x00\x02\xff\xff\xff\xff\x00\x01\x01\x01t\x16DateTime('Asia/Tokyo')")
    shown = server.send("DESCRIBE system.one FORMAT Native", client_protocol_version=54405).body
    assert shown[8:].startswith(b"\x07\x01\x04name\x06String")


@pytest.mark.parametrize(
    ("sql", "code", "status"),
    [
        ("SELEC 1", 62, 400),
        ("SELECT 'a' + 1", 43, 500),
        ("SELECT toDate('x')", 38, 400),
        ("SELECT * FROM nowhere", 60, 404),
        ("SELECT nothing", 47, 404),
        ("SELECT no_such_function()", 46, 404),
        ("SELECT 1 FORMAT Nothing", 73, 404),
        ("SELECT * FROM nowhere.nothing", 81, 404),
        ("SELECT throwIf(1)", 395, 500),
        ("SELECT sleep(3) SETTINGS max_execution_time = 0.2", 159, 408),
        ("", 62, 400),
    ],
)
def test_status_follows_the_exception(server: Server, sql: str, code: int, status: int) -> None:
    reply = server.send(sql)
    assert (reply.headers["X-ClickHouse-Exception-Code"], reply.status) == (str(code), status)
    assert reply.text.startswith(f"Code: {code}. DB::Exception: ")
    assert "(version 2" in reply.text


def test_max_execution_time_ends_a_query(server: Server) -> None:
    began = time.monotonic()
    assert server.send(ENDLESS, max_execution_time=1).status == 408
    assert time.monotonic() - began < 5


def test_memory_limit_ends_a_query(server: Server) -> None:
    sql = "SELECT length(groupArray(number)) FROM numbers(100000000)"
    assert server.send(sql, max_memory_usage=50_000_000).headers["X-ClickHouse-Exception-Code"] == "241"


@pytest.mark.parametrize("name", ["TabSeparated", "JSON"])
def test_error_behind_the_first_byte_is_told_and_the_connection_breaks(server: Server, name: str) -> None:
    sql = f"SELECT number, throwIf(number = 3000000) FROM numbers(4000000) FORMAT {name}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/", sql)
    answer = connection.getresponse()
    assert answer.status == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"].encode()
    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    end = broken.value.partial[-2000:]
    assert b"\r\n__exception__\r\n" + tag + b"\r\nCode: 395. DB::Exception" in end
    message = end.split(tag + b"\r\n", 1)[1].rsplit(b"\n", 3)[0]
    assert end.endswith(b" " + tag + b"\r\n__exception__\r\n")
    assert message


def test_error_behind_the_first_byte_reaches_a_client_that_drops_what_it_has_not_read(server: Server) -> None:
    sql = "SELECT number, throwIf(number = 150000) FROM numbers(4000000) SETTINGS max_block_size = 10000"

    async def read_slowly() -> bytes:
        received = b""
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.post(f"http://127.0.0.1:{server.port}/", data=sql, headers={"Accept-Encoding": ""}) as answer,
        ):
            with contextlib.suppress(aiohttp.ClientPayloadError):
                while piece := await answer.content.read(64 * 1024):
                    received += piece
                    await asyncio.sleep(0.001)
        return received

    for _ in range(5):
        assert b"Code: 395. DB::Exception" in asyncio.run(read_slowly())


def test_waiting_for_the_end_turns_a_late_error_into_a_status(server: Server) -> None:
    sql = "SELECT number, throwIf(number = 3000000) FROM numbers(4000000)"
    assert server.send(sql, wait_end_of_query=1).status == 500
    reply = server.send("SELECT number FROM numbers(2000000)", wait_end_of_query=1)
    assert '"result_rows":"2000000"' in reply.headers["X-ClickHouse-Summary"]
    assert reply.body.count(b"\n") == 2_000_000


@pytest.mark.parametrize("name", ["RowBinary", "JSONCompact"])
def test_result_larger_than_memory_is_streamed_at_the_pace_of_the_client(server: Server, name: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    # Blocks are ClickHouse's own share of the memory: 65 MB each by default for rows this wide, and several at once.
    connection.request("POST", "/?max_block_size=8192", f"SELECT repeat('x', 1000) FROM numbers(600000) FORMAT {name}")
    before, read = server.resident(), 0
    answer = connection.getresponse()
    highest = before
    while piece := answer.read(4 * 1024 * 1024):
        read += len(piece)
        highest = max(highest, server.resident())
    assert read > 600e6
    assert highest - before < 250e6, f"{(highest - before) / 1e6:.0f} MB"


def test_slow_result_arrives_as_it_grows(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    began = time.monotonic()
    connection.request("POST", "/?max_block_size=1", "SELECT sleepEachRow(0.1) FROM numbers(15)")
    connection.getresponse().read(1)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("sql", [ENDLESS, f"{ENDLESS} FORMAT JSON", "SELECT number FROM system.numbers FORMAT JSON"])
def test_client_that_goes_away_cancels_its_query(server: Server, sql: str) -> None:
    query_id = f"gone-{time.monotonic_ns()}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", f"/?query_id={query_id}", sql)
    server.wait_for(lambda: server.is_running(query_id))
    connection.close()
    server.wait_for(lambda: not server.is_running(query_id))
    assert server.send("SELECT 1", query_id=query_id).status == 200


def test_kill_query_knows_the_id_of_the_client(server: Server) -> None:
    with ThreadPoolExecutor() as threads:
        running = threads.submit(server.send, ENDLESS, query_id="victim")
        server.wait_for(lambda: server.is_running("victim"))
        assert server.send("SELECT 1", query_id="victim").headers["X-ClickHouse-Exception-Code"] == "216"
        server.rows("KILL QUERY WHERE query_id = 'victim'")
        assert running.result(10).headers["X-ClickHouse-Exception-Code"] == "394"


def test_queries_beyond_the_limit_are_refused_clearly(server: Server) -> None:
    def hold(number: int) -> Reply:
        return server.send("SELECT sleep(2)", query_id=f"hold-{number}")

    with ThreadPoolExecutor(8) as threads:
        held = [threads.submit(hold, number) for number in range(8)]
        time.sleep(0.8)
        refused = server.send("SELECT 1")
        assert server.send(method="GET", path="/ping").status == 200
        assert {future.result().status for future in held} == {200}
    assert (refused.status, refused.headers["X-ClickHouse-Exception-Code"]) == (500, "202")
    assert "Too many simultaneous queries. Maximum: 8" in refused.text
    assert server.value("SELECT 1") == "1"


def test_query_log_knows_the_query_and_the_id_of_the_client(server: Server) -> None:
    server.rows("SELECT 'a line in the log'", query_id="logged")
    server.rows("SYSTEM FLUSH LOGS")
    found = "SELECT type, query FROM system.query_log WHERE Settings['query_cache_tag'] = 'logged' ORDER BY type"
    assert server.rows(found) == [
        ["QueryStart", "SELECT \\'a line in the log\\'"],
        ["QueryFinish", "SELECT \\'a line in the log\\'"],
    ]


def test_external_data_is_a_table_for_one_request(server: Server) -> None:
    body, headers = _form(("actors", "actors.tsv", b"Al\t1940\nBo\t1950\n"), ("films", "f.csv", b'"Heat",1995\n'))
    described = {
        "actors_structure": "name String, born UInt16",
        "films_types": "String, Decimal(9, 2)",
        "films_format": "CSV",
    }
    sql = "SELECT name, _1, _2 FROM actors, films WHERE born > 1945"
    assert server.send(body, headers=headers, query=sql, **described).body == b"Bo\tHeat\t1995\n"
    assert server.send(body, headers=headers, query=sql, session_id="ext", **described).status == 200
    assert server.send(body, headers=headers, query=sql, session_id="ext", **described).status == 200
    assert server.send("SELECT * FROM actors", session_id="ext").status == 404


def test_query_and_parameters_may_be_fields_of_a_form(server: Server) -> None:
    body, headers = _form(
        ("query", None, b"SELECT count() + {more:UInt8} FROM empty"),
        ("param_more", None, b"5"),
        ("empty_structure", None, b"a String"),
        ("empty", "empty", b""),
    )
    assert server.send(body, headers=headers).body == b"5\n"
    assert server.send(body[:-20], headers=headers).status == 400


def test_large_external_file_passes_through(server: Server) -> None:
    rows = b"".join(b"%d\n" % number for number in range(1_000_000))
    body, headers = _form(("big", "big.tsv", rows))
    reply = server.send(body, headers=headers, query="SELECT count(), sum(a) FROM big", big_structure="a UInt64")
    assert reply.text == f"1000000\t{sum(range(1_000_000))}\n"


def test_many_clients_at_once_each_get_their_own_answer(server: Server) -> None:
    def ask(number: int) -> bool:
        return server.send(f"SELECT sum(number) + {number} FROM numbers(100000)").text == f"{4999950000 + number}\n"

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(ask, range(120)))
    assert threading.active_count() < 20


@pytest.mark.parametrize("arguments", [{}, {"session_id": "progress"}])
def test_progress_is_told_when_it_is_asked_for(server: Server, arguments: dict[str, str]) -> None:
    sql = "SELECT count() FROM numbers(6) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1"
    reply = server.send(sql, send_progress_in_http_headers=1, **arguments)
    told = [json.loads(line) for line in reply.headers.get_all("X-ClickHouse-Progress")]
    assert len(told) >= 3
    assert {"read_rows", "read_bytes", "total_rows_to_read", "elapsed_ns"} <= told[0].keys()
    rows = [int(report["read_rows"]) for report in told]
    assert rows == sorted(rows)
    # The engine tells of what it has read now and then, and not once more when it is done.
    assert rows[0] < rows[-1] <= 6
    assert "X-ClickHouse-Progress" not in server.send(sql, **arguments).headers


@pytest.mark.parametrize("sql", ["SHOW CREATE TABLE system.tables", "SHOW CREATE `system`.`tables` FORMAT JSONEachRow"])
def test_tables_of_system_have_a_definition(server: Server, sql: str) -> None:
    text = server.send(sql).text
    assert "CREATE TABLE system.tables" in text
    assert "`has_own_data` UInt8" in text
    assert "ENGINE = SystemTables" in text


def test_table_that_is_not_there_has_none(server: Server) -> None:
    assert server.send("SHOW CREATE TABLE system.nothing").status == 404
    assert server.send("SHOW CREATE TABLE tables", database="system").text.startswith("CREATE TABLE system.tables")
