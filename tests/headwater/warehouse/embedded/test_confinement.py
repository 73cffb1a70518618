"""Nothing outside the data directory can be read, written, run or connected to through a statement."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.warehouse.embedded.confinement import check
from headwater.warehouse.embedded.error import QueryError
from tests.headwater.warehouse.embedded.conftest import Server

_DENIED = ("497", "291", "78", "358", "36", "1", "701")
_DICTIONARY = (
    "CREATE DICTIONARY d (a String, b String) PRIMARY KEY a SOURCE({}) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)"
)


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside the data directory."""
    path = tmp_path_factory.mktemp("outside") / "secret.txt"
    path.write_text("s3cret\n")
    return path


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A port that nobody may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


READING = [
    "SELECT * FROM file('{path}', 'LineAsString')",
    "SELECT * FROM file('../../../../../../../../../{path}', 'LineAsString')",
    "SELECT * FROM file(concat('{path}', ''), 'LineAsString')",
    "SELECT * FROM `file`('{path}', 'LineAsString')",
    "SELECT file('{path}')",
    "SELECT `file`('{path}')",
    "SELECT `f\\x69le`('{path}')",
    "SELECT \"fil\\e\"('{path}')",
    "SELECT file /* */ ('{path}')",
    "SELECT * APPLY(file) FROM (SELECT '{path}')",
    "SELECT * APPLY file FROM (SELECT '{path}')",
    "SELECT arrayMap(file, ['{path}'])",
    "SELECT arrayMap(x -> file(x), ['{path}'])",
    "CREATE FUNCTION leak AS (x) -> file(x)",
    "CREATE VIEW leak AS SELECT * FROM file('{path}', 'LineAsString')",
    "CREATE VIEW leak (line String) AS SELECT * FROM file('{path}', 'LineAsString')",
    "CREATE TABLE leak (a String) ENGINE = File(CSV, '{path}')",
    "CREATE TABLE leak (a String) ENGINE = `Fi\\le`(CSV, '{path}')",
    "CREATE TABLE leak (a String) ENGINE = FileLog('{path}', 'TSV')",
    "CREATE TEMPORARY TABLE leak (a String) ENGINE = File(CSV, '{path}')",
    "SELECT * FROM `{path}`",
    "SELECT * FROM fileCluster('default', '{path}', 'LineAsString')",
    "SELECT * FROM filesystem('{path}')",
    "SELECT * FROM sqlite('{path}', 'a')",
    "SELECT * FROM icebergLocal('{path}')",
    "SELECT * FROM deltaLakeLocal('{path}')",
    "CREATE DATABASE leak ENGINE = Filesystem('{path}')",
    "CREATE DATABASE leak ENGINE = SQLite('{path}')",
    "ATTACH TABLE leak FROM '{path}' (a String) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO {table} (name) FROM INFILE '{path}' FORMAT TSV",
    _DICTIONARY.format("FILE(PATH '{path}' FORMAT 'TSV')"),
    _DICTIONARY.format("`FI\\LE`(PATH '{path}' FORMAT 'TSV')"),
    "SELECT 1; SELECT * FROM file('{path}')",
]
RUNNING = [
    "SELECT * FROM executable('touch {written}', 'TSV', 'a String')",
    "CREATE TABLE leak (a String) ENGINE = Executable('touch {written}', 'TSV')",
    _DICTIONARY.format("EXECUTABLE(COMMAND 'touch {written}' FORMAT 'TSV')"),
]
WRITING = [
    "SELECT 1 INTO OUTFILE '{written}'",
    "EXPLAIN SELECT 1 INTO OUTFILE '{written}'",
    "INSERT INTO FUNCTION file('{written}', 'TSV', 'a String') SELECT 'x'",
    "BACKUP TABLE {table} TO File('{written}')",
    "BACKUP TABLE {table} TO Disk('default', 'x')",
    "BACKUP TABLE {table} TO Disk('backups', '../../../x')",
    "CREATE TABLE leak (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = "
    "disk(type = 'local', path = '{written}/')",
    "CREATE TABLE leak (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = "
    "disk(type = 'object_storage', object_storage_type = 'local', path = '{written}/')",
    "CREATE TABLE leak (a String) ENGINE = EmbeddedRocksDB(0, '{written}') PRIMARY KEY a",
]
CONNECTING = [
    "SELECT * FROM url('http://127.0.0.1:{port}/x', 'TSV', 'a String')",
    "SELECT * FROM s3('http://127.0.0.1:{port}/bucket/x', 'TSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:{port}', system.one)",
    "SELECT * FROM mysql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:{port}', 'a', 'b', 'c', 'd', 'a String')",
    "SELECT * FROM redis('127.0.0.1:{port}', 'a', 'a String')",
    "SELECT * FROM jdbc('a', 'b', 'c')",
    "SELECT * FROM odbc('a', 'b', 'c')",
    "CREATE TABLE leak (a String) ENGINE = URL('http://127.0.0.1:{port}/', CSV)",
    "CREATE TABLE leak (a String) ENGINE = S3('http://127.0.0.1:{port}/bucket/x', CSV)",
    "CREATE TABLE leak (a String) ENGINE = MySQL('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "CREATE DATABASE leak ENGINE = MySQL('127.0.0.1:{port}', 'a', 'b', 'c')",
    "CREATE DATABASE leak ENGINE = PostgreSQL('127.0.0.1:{port}', 'a', 'b', 'c')",
    "CREATE DATABASE leak ENGINE = S3('http://127.0.0.1:{port}/bucket/')",
    "CREATE TABLE leak (a String) ENGINE = MergeTree ORDER BY a "
    "SETTINGS disk = disk(type = 'web', endpoint = 'http://127.0.0.1:{port}/')",
    _DICTIONARY.format("HTTP(URL 'http://127.0.0.1:{port}/' FORMAT 'TSV')"),
    _DICTIONARY.format("MYSQL(HOST '127.0.0.1' PORT {port} TABLE 'x' DB 'y' USER 'z' PASSWORD '')"),
    _DICTIONARY.format("CLICKHOUSE(HOST '10.0.0.1' PORT {port} TABLE 'x' DB 'y')"),
    "BACKUP TABLE {table} TO S3('http://127.0.0.1:{port}/bucket/x', 'a', 'b')",
]


@pytest.mark.parametrize("sql", [*READING, *RUNNING, *WRITING, *CONNECTING])
def test_statement_that_reaches_outside_is_refused(
    server: Server, table: str, secret: Path, listener: socket.socket, sql: str
) -> None:
    written = secret.parent / "written"
    port = listener.getsockname()[1]
    reply = server.send(sql.format(path=secret, written=written, port=port, table=table))
    assert reply.status != 200
    assert b"s3cret" not in reply.body
    assert not written.exists()
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert server.value(f"SELECT count() FROM {table}") == "0"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT file FROM (SELECT 'a' AS file)",
        "SELECT coalesce(file, '') FROM (SELECT 'a' AS file)",
        "SELECT toString(file) FROM (SELECT 1 AS file)",
        "SELECT * FROM numbers(1)",
        "SELECT * FROM values('a UInt8', 1)",
        "SELECT * FROM view(SELECT 1)",
        "SELECT * FROM generateRandom('a UInt8') LIMIT 1",
        "SELECT engine, disk FROM (SELECT 'File' AS engine, 'x' AS disk) WHERE engine = 'File'",
        "SELECT 'INTO OUTFILE file(x) disk(y)'",
        "SELECT source(1) FROM (SELECT 1) WHERE 0 SETTINGS allow_experimental_analyzer = 1",
    ],
)
def test_words_alone_are_no_reason_to_refuse(sql: str) -> None:
    check(sql.encode())


def test_tables_may_be_called_file(server: Server) -> None:
    server.rows("CREATE TABLE file (file String) ENGINE = MergeTree ORDER BY file")
    server.rows("INSERT INTO file (file) VALUES ('a')")
    assert server.rows("SELECT * FROM file WHERE file IN ('a')") == [["a"]]
    server.rows("DROP TABLE file")


def test_local_dictionary_works(server: Server, table: str) -> None:
    server.rows(f"INSERT INTO {table} VALUES (1, 'one')")
    source = f"CLICKHOUSE(TABLE '{table}' DB 'default')"
    layout = f"PRIMARY KEY id SOURCE({source}) LAYOUT(FLAT()) LIFETIME(0)"
    server.rows(f"CREATE DICTIONARY {table}_names (id UInt64, name String) {layout}")
    assert server.value(f"SELECT dictGet('{table}_names', 'name', 1)") == "one"
    server.rows(f"DROP DICTIONARY {table}_names")


def test_file_reads_what_lies_in_user_files(server: Server) -> None:
    folder = server.home / "clickhouse" / "user_files"
    (folder / "in.csv").write_text("id,name\n1,one\n2,two\n")
    assert server.rows("SELECT * FROM file('in.csv')") == [["1", "one"], ["2", "two"]]
    assert server.rows("SELECT id FROM file('*.csv', CSVWithNames, 'id UInt8, name String') WHERE name = 'two'") == [
        ["2"]
    ]
    assert server.value(f"SELECT count() FROM file('{folder}/in.csv', 'CSVWithNames', 'auto', 'none') AS f") == "2"
    assert server.rows("DESCRIBE TABLE file('in.csv')")[0][:2] == ["id", "Nullable(Int64)"]
    for number in range(2):
        assert server.value("SELECT sum(id) FROM file('in.csv')", session_id="files") == "3", number
    assert server.send("SELECT * FROM file('none.csv', 'CSV', 'a String')").status != 200


def test_file_table_without_a_path_is_allowed(server: Server) -> None:
    server.rows("CREATE TABLE kept_as_csv (a UInt8) ENGINE = File(CSV)")
    server.rows("INSERT INTO kept_as_csv VALUES (7)")
    assert server.value("SELECT a FROM kept_as_csv") == "7"
    server.rows("DROP TABLE kept_as_csv")


def test_backup_goes_to_the_backups_disk(server: Server, table: str) -> None:
    server.rows(f"INSERT INTO {table} VALUES (1, 'one')")
    server.rows(f"BACKUP TABLE {table} TO Disk('backups', '{table}')")
    server.rows(f"RESTORE TABLE {table} AS {table}_again FROM Disk('backups', '{table}')")
    assert server.rows(f"SELECT * FROM {table}_again") == [["1", "one"]]
    server.rows(f"DROP TABLE {table}_again")


def test_structure_of_a_client_is_no_statement(server: Server, secret: Path) -> None:
    structure = f"a String) ENGINE = File(CSV, '{secret}') --"
    boundary = "cut"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\nx\r\n--{boundary}--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    reply = server.send(body, query="SELECT * FROM t", t_structure=structure, headers=headers)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    quoted = structure.replace("'", "\\'")
    reply = server.send("x", query=f"INSERT INTO FUNCTION null('a String') SELECT * FROM input('{quoted}') FORMAT CSV")
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "497")


def test_refusal_is_a_clickhouse_error() -> None:
    with pytest.raises(QueryError, match=r"Code: 497\. DB::Exception: default: Not enough privileges\."):
        check(b"SELECT file('/etc/passwd')")
