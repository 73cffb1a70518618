"""The process: starting, stopping, dying, and keeping others out."""

import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cli.supervisor import unused_port
from tests.headwater.warehouse.embedded.conftest import Reply, answers, launch, running


def test_it_says_one_line_when_it_is_ready(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.stop() == 0
        lines = server.output.read_text().splitlines()
    assert len(lines) == 1
    assert f"http://127.0.0.1:{server.port}" in lines[0]


def test_public_address_needs_a_password(tmp_path: Path) -> None:
    server = launch(tmp_path, unused_port(), HEADWATER_CLICKHOUSE_HOST="0.0.0.0")
    assert server.process.wait(20) == 1
    assert server.output.read_text().splitlines() == [
        "refusing to listen on 0.0.0.0 without a password: set HEADWATER_CLICKHOUSE_PASSWORD"
    ]


def test_public_address_with_a_password_serves_those_who_know_it(tmp_path: Path) -> None:
    with running(tmp_path, HEADWATER_CLICKHOUSE_HOST="0.0.0.0", HEADWATER_CLICKHOUSE_PASSWORD="secret") as server:
        assert server.send("SELECT 1").status == 403
        assert server.send("SELECT 1", headers={"X-ClickHouse-Key": "secret"}).body == b"1\n"


def test_second_process_is_told_who_was_first(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        second = launch(tmp_path / "log", unused_port(), HEADWATER_HOME=str(tmp_path))
        assert second.process.wait(20) == 1
        (line,) = second.output.read_text().splitlines()
        assert f"process {server.process.pid} at http://127.0.0.1:{server.port}" in line
        assert answers(server)


def test_port_that_is_taken_is_one_line_too(tmp_path: Path) -> None:
    with running(tmp_path / "first") as server:
        second = launch(tmp_path / "second", server.port)
        assert second.process.wait(20) == 1
        assert second.output.read_text().startswith(f"cannot listen on 127.0.0.1:{server.port}: ")


@pytest.mark.parametrize("flag", ["--port", "--data-dir", "--host"])
def test_flags_are_explained(flag: str) -> None:
    command = [sys.executable, "-m", "headwater.warehouse.embedded", "--help"]
    assert flag in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_sigterm_lets_a_running_query_finish(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        replies: list[Reply] = []
        slow = threading.Thread(target=lambda: replies.append(server.send("SELECT sleep(2), 'done'")))
        slow.start()
        time.sleep(0.7)
        assert server.stop() == 0
        slow.join()
    assert replies[0].body == b"0\tdone\n"


def test_kill_and_restart_keep_every_acknowledged_insert(tmp_path: Path) -> None:
    acknowledged = 0
    with running(tmp_path) as server:
        server.rows("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        killer = threading.Timer(1.5, server.process.kill)
        killer.start()
        try:
            while True:
                connection.request("POST", "/?query=INSERT+INTO+kept+FORMAT+TabSeparated", f"{acknowledged}\n")
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                acknowledged += 1
        except (OSError, http.client.HTTPException):
            killer.join()
    assert acknowledged > 10
    with running(tmp_path) as server:
        kept = int(server.value(f"SELECT uniqExact(a) FROM kept WHERE a < {acknowledged}"))
    assert kept == acknowledged


def test_restart_after_a_kill_answers_soon(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.rows("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
        server.process.kill()
        server.process.wait(10)
    began = time.monotonic()
    with running(tmp_path):
        # Two seconds on a machine of its own; the tests share theirs.
        assert time.monotonic() - began < 5


def test_memory_limit_is_the_setting(tmp_path: Path) -> None:
    with running(tmp_path, HEADWATER_CLICKHOUSE_MAX_MEMORY="1Gi") as server:
        sql = "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"
        assert server.value(sql) == str(2**30)
    wrong = launch(tmp_path / "wrong", unused_port(), HEADWATER_CLICKHOUSE_MAX_MEMORY="lots")
    assert wrong.process.wait(20) == 1
    assert "HEADWATER_CLICKHOUSE_MAX_MEMORY is not a size: 'lots'" in wrong.output.read_text()


def test_threads_of_a_query_are_the_setting_and_a_query_may_ask_for_others(tmp_path: Path) -> None:
    with running(tmp_path, HEADWATER_CLICKHOUSE_MAX_THREADS="3") as server:
        assert server.value("SELECT getSetting('max_threads')") == "3"
        assert server.value("SELECT getSetting('max_threads') SETTINGS max_threads = 5") == "5"
        assert server.value("SELECT getSetting('max_threads')") == "3"


def test_restart_of_an_unused_directory(tmp_path: Path) -> None:
    for _ in range(3):
        with running(tmp_path) as server:
            assert server.value("SELECT engine FROM system.databases WHERE name = 'default'") == "Atomic"
            assert server.stop() == 0


def test_directory_that_chdb_filled_by_itself_keeps_its_tables(tmp_path: Path) -> None:
    script = """
import sys
from chdb import _chdb
connection = _chdb.connect(sys.argv[1])
connection.query("CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a")
connection.query("CREATE DATABASE other")
connection.query("CREATE TABLE other.copy (a UInt8) ENGINE = MergeTree ORDER BY a")
connection.query("CREATE MATERIALIZED VIEW other.copies TO other.copy AS SELECT a FROM default.kept")
connection.query("INSERT INTO kept VALUES (1)")
connection.close()
"""
    (tmp_path / "clickhouse").mkdir()
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "clickhouse")], check=True)
    for rows in (2, 3):
        with running(tmp_path) as server:
            server.rows("INSERT INTO kept VALUES (2)")
            assert server.value("SELECT count() FROM kept") == str(rows)
            assert server.value("SELECT count() FROM other.copy") == str(rows)
            assert server.stop() == 0


def test_database_default_is_there_again_when_it_was_dropped(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.rows("CREATE TABLE gone (a UInt8) ENGINE = MergeTree ORDER BY a")
        server.rows("DROP DATABASE default")
        assert server.rows("SHOW TABLES") == []
        server.rows("CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a")
        assert server.stop() == 0
    with running(tmp_path) as server:
        assert server.rows("SHOW TABLES") == [["kept"]]
        server.rows("DROP DATABASE default")
        assert server.stop() == 0
    with running(tmp_path) as server:
        assert server.rows("SHOW TABLES") == []


@pytest.mark.parametrize("sql", ["SYSTEM SHUTDOWN", "SYSTEM KILL"])
def test_statement_cannot_end_the_server(tmp_path: Path, sql: str) -> None:
    # The engine would signal the whole process group: here one of the server's own.
    with running(tmp_path, own_group=True) as server:
        reply = server.send(sql)
        assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "497")
        assert answers(server)
