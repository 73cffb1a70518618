"""Sessions: what stays, what doesn't, and for how long."""

import threading
import time

from tests.headwater.warehouse.embedded.conftest import Server


def test_session_keeps_tables_and_database(server: Server) -> None:
    server.rows("CREATE TEMPORARY TABLE kept (a UInt8)", session_id="keep")
    server.rows("INSERT INTO kept VALUES (7)", session_id="keep")
    server.rows("USE system", session_id="keep")
    assert server.value("SELECT a FROM kept", session_id="keep") == "7"
    assert server.value("SELECT currentDatabase()", session_id="keep", database="default") == "default"
    assert server.value("SELECT currentDatabase()", session_id="keep") == "system"


def test_session_ends_after_its_timeout(server: Server) -> None:
    server.rows("CREATE TEMPORARY TABLE brief (a UInt8)", session_id="brief", session_timeout=1)
    server.rows("SELECT * FROM brief", session_id="brief", session_timeout=1, session_check=1)
    time.sleep(1.2)
    reply = server.send("SELECT 1", session_id="brief", session_check=1)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (500, "372")
    assert server.send("SELECT * FROM brief", session_id="brief").status == 404


def test_session_serves_one_request_at_a_time(server: Server) -> None:
    slow = threading.Thread(target=server.send, args=("SELECT sleep(1)",), kwargs={"session_id": "one"})
    slow.start()
    time.sleep(0.3)
    reply = server.send("SELECT 1", session_id="one")
    slow.join()
    assert reply.headers["X-ClickHouse-Exception-Code"] == "373"
    assert server.send("SELECT 1", session_id="one").status == 200


def test_session_can_be_closed_and_timeout_is_bounded(server: Server) -> None:
    server.rows("CREATE TEMPORARY TABLE gone (a UInt8)", session_id="closing", close_session=1)
    assert server.send("SELECT 1", session_id="closing", session_check=1).status == 500
    assert server.send("SELECT 1", session_id="long", session_timeout=3601).status == 500


def test_session_survives_a_request_that_only_reads(server: Server) -> None:
    assert server.value("SELECT 1", session_id="readonly", readonly=1) == "1"
    assert server.value("SELECT getSetting('readonly')", session_id="readonly") == "0"
