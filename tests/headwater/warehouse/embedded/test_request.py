"""How a request is read: where the query stands, what is a setting, who asks."""

import base64

import pytest

from tests.headwater.warehouse.embedded.conftest import Server


def test_ping_and_replicas_status_say_ok(server: Server) -> None:
    assert server.send(method="GET", path="/ping").body == b"Ok.\n"
    assert server.send(method="GET", path="/replicas_status").body == b"Ok.\n"
    assert server.send(method="GET").body == b"Ok.\n"
    assert server.send(method="GET", path="/nowhere").status == 404


def test_query_may_stand_in_the_url_or_the_body_or_both(server: Server) -> None:
    assert server.send(method="GET", query="SELECT 1").body == b"1\n"
    assert server.send("SELECT 2").body == b"2\n"
    assert server.send("3 AS x", query="SELECT").body == b"3\n"


def test_get_only_reads(server: Server) -> None:
    reply = server.send(method="GET", query="CREATE TABLE never (a UInt8) ENGINE = Memory")
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (500, "164")


def test_setting_of_the_url_holds_for_one_request(server: Server) -> None:
    assert server.value("SELECT getSetting('max_block_size')", max_block_size=7) == "7"
    assert server.value("SELECT getSetting('max_block_size')") != "7"


def test_setting_of_the_url_holds_for_one_request_of_a_session_too(server: Server) -> None:
    read = "SELECT getSetting('max_block_size')"
    assert server.value(read, session_id="settings", max_block_size=7) == "7"
    assert server.value(read, session_id="settings") not in ("7", "9")
    server.rows("SET max_block_size = 9", session_id="settings")
    assert server.value(read, session_id="settings", max_block_size=7) == "7"
    assert server.value(read, session_id="settings") == "9"


def test_unknown_setting_is_refused(server: Server) -> None:
    reply = server.send("SELECT 1", no_such_setting=1)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (404, "115")


def test_parameters_fill_in_their_places(server: Server) -> None:
    sql = "SELECT {number:UInt8} + 1, {text:String}, {list:Array(String)}"
    assert server.rows(sql, param_number=4, param_text="it's", param_list="['a']") == [["5", "it\\'s", "['a']"]]


def test_database_comes_from_url_or_header(server: Server) -> None:
    sql = "SELECT currentDatabase()"
    assert server.value(sql, database="system") == "system"
    assert server.send(sql, headers={"X-ClickHouse-Database": "system"}).body == b"system\n"
    assert server.send(sql, database="nowhere").status == 404


def test_format_comes_from_query_url_or_header(server: Server) -> None:
    assert server.send("SELECT 1 AS a FORMAT JSONEachRow", default_format="CSV").body == b'{"a":1}\n'
    assert server.send("SELECT 'x'", default_format="CSV").body == b'"x"\n'
    reply = server.send("SELECT 1 AS a", headers={"X-ClickHouse-Format": "JSONEachRow"})
    assert (reply.body, reply.headers["X-ClickHouse-Format"]) == (b'{"a":1}\n', "JSONEachRow")
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")


def test_column_called_format_is_no_format_clause(server: Server) -> None:
    sql = "SELECT format FROM (SELECT 'b' AS format UNION ALL SELECT 'a') ORDER BY format DESC"
    assert server.rows(sql) == [["b"], ["a"]]


def test_answer_carries_what_clickhouse_sends(server: Server) -> None:
    reply = server.send("SELECT number FROM numbers(5)", query_id="mine", session_timezone="Asia/Tokyo")
    assert reply.headers["X-ClickHouse-Query-Id"] == "mine"
    assert reply.headers["X-ClickHouse-Timezone"] == "Asia/Tokyo"
    assert '"read_rows":"5"' in reply.headers["X-ClickHouse-Summary"]
    assert len(server.send("SELECT 1").headers["X-ClickHouse-Query-Id"]) == 36


def test_several_statements_are_refused(server: Server) -> None:
    assert server.send("SELECT 1; SELECT 2").status == 400
    assert server.send("SELECT ';' -- ;\n;").body == b";\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8123"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_a_web_page_is_refused_without_a_password(server: Server, headers: dict[str, str]) -> None:
    reply = server.send("CREATE TABLE taken (a UInt8) ENGINE = Memory", headers=headers)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    assert server.value("EXISTS TABLE taken") == "0"
    assert server.send("SELECT 1", headers={"Host": f"localhost:{server.port}"}).status == 200


def test_into_outfile_is_refused(server: Server) -> None:
    reply = server.send("SELECT 1 INTO OUTFILE '/tmp/never'")
    assert reply.headers["X-ClickHouse-Exception-Code"] == "358"


def test_wrong_login_is_refused_in_every_form(server: Server) -> None:
    basic = base64.b64encode(b"default:wrong").decode()
    for headers in (
        {"X-ClickHouse-User": "nobody"},
        {"X-ClickHouse-Key": "wrong"},
        {"Authorization": f"Basic {basic}"},
    ):
        reply = server.send("SELECT 1", headers=headers)
        assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "516")
    assert server.send("SELECT 1", user="default", password="wrong").status == 403


def test_right_login_is_taken_in_every_form(server: Server) -> None:
    basic = base64.b64encode(b"default:").decode()
    for headers in ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""}, {"Authorization": f"Basic {basic}"}):
        assert server.send("SELECT 1", headers=headers).status == 200
    assert server.send("SELECT 1", user="default").status == 200


def test_request_settings_do_not_leak_into_the_next_request(server: Server) -> None:
    server.rows("CREATE TEMPORARY TABLE leak (a UInt8)")
    server.rows("USE system")
    assert server.send("SELECT * FROM leak").status == 404
    assert server.value("SELECT currentDatabase()") == "default"


def test_what_is_not_supported_is_refused_and_not_ignored(server: Server) -> None:
    assert server.send("SELECT 1", compress=1).status == 501
    assert server.send("SELECT 1", decompress=1).status == 501
    assert server.send("SELECT 1", role="admin").status == 404
    assert server.send(method="OPTIONS").status == 204
    assert server.send(method="DELETE").status == 501


def test_query_id_cannot_begin_another_header(server: Server) -> None:
    reply = server.send("SELECT 1", query_id="mine\r\nX-Injected: yes\r\n\r\n")
    assert reply.body == b"1\n"
    assert "X-Injected" not in reply.headers
    assert (
        server.send("SELECT 1", query_id="größe").headers["X-ClickHouse-Query-Id"].encode("latin-1").decode() == "größe"
    )
    reply = server.send("SELECT 1", session_timezone="UTC\r\nX-Injected: yes")
    assert "X-Injected" not in reply.headers


@pytest.mark.parametrize("sql", ["DROP DATABASE system", "DETACH DATABASE system", "DROP TABLE system.one"])
def test_what_every_statement_needs_cannot_be_dropped(server: Server, sql: str) -> None:
    assert server.send(sql).status == 403
    assert server.value("SELECT 1") == "1"
