"""The id a client gives its query is the one it finds again."""

import threading

from headwater.warehouse.embedded.query_id import translate
from tests.headwater.warehouse.embedded.conftest import Reply, Server


def test_query_log_shows_the_id_of_the_client(server: Server, table: str) -> None:
    server.rows("SELECT 'logged'", query_id="my-select")
    assert server.send("1,a\n", query=f"INSERT INTO {table} FORMAT CSV", query_id="my-insert").status == 200
    server.send("SELECT throwIf(1)", query_id="my-failure")
    server.rows("SYSTEM FLUSH LOGS query_log")
    sql = """
        SELECT query_id, initial_query_id, toString(type) FROM system.query_log
        WHERE query_id LIKE 'my-%' AND type != 'QueryStart' ORDER BY query_id
    """
    assert server.rows(sql) == [
        ["my-failure", "my-failure", "ExceptionWhileProcessing"],
        ["my-insert", "my-insert", "QueryFinish"],
        ["my-select", "my-select", "QueryFinish"],
    ]


def test_made_up_id_is_logged_too(server: Server) -> None:
    query_id = server.send("SELECT 'made up'").headers["X-ClickHouse-Query-Id"]
    server.rows("SYSTEM FLUSH LOGS")
    assert server.value(f"SELECT count() FROM system.query_log WHERE query_id = '{query_id}'") == "2"


def test_query_log_is_there_from_the_start(server: Server) -> None:
    assert server.value("SELECT count() >= 0 FROM system.query_log") == "1"


def test_processes_show_the_id_and_kill_takes_it(server: Server) -> None:
    replies: list[Reply] = []
    sql = "SELECT sleepEachRow(1) FROM numbers(20) SETTINGS max_block_size = 1"
    running = threading.Thread(target=lambda: replies.append(server.send(sql, query_id="to-be-killed")))
    running.start()
    shown = "SELECT count() FROM system.processes AS p WHERE p.query_id = 'to-be-killed'"
    server.wait_for(lambda: server.value(shown) == "1")
    assert server.value("SELECT count() FROM `system`.processes") != "0"
    killed = server.rows("KILL QUERY WHERE query_id = 'to-be-killed' SYNC")
    assert len(killed) == 1
    running.join(10)
    assert not running.is_alive()
    assert "QUERY_WAS_CANCELLED" in replies[0].text
    assert server.value(shown) == "0"


def test_only_the_name_in_a_kill_is_translated() -> None:
    sql = translate(b"KILL QUERY WHERE query_id = 'query_id'")
    assert sql == (
        b"KILL QUERY WHERE if(Settings['query_cache_tag'] = '', query_id, Settings['query_cache_tag']) = 'query_id'"
    )
    for unchanged in (
        b"SELECT query_id, processes FROM t",
        b"SELECT 'FROM system.processes'",
        b"SELECT * FROM processes",
    ):
        assert translate(unchanged) == unchanged
