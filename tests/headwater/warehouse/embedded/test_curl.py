"""An unmodified curl, used as ClickHouse's own documentation uses it."""

import gzip
import subprocess
from pathlib import Path

from tests.headwater.warehouse.embedded.conftest import Server, running


def curl(*arguments: str, stdin: bytes = b"", exit_code: int = 0) -> bytes:
    done = subprocess.run(["curl", "-sS", *arguments], input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == exit_code, done.stderr.decode()
    return done.stdout


def test_a_query_in_the_address_in_the_body_or_in_both(server: Server) -> None:
    address = f"http://127.0.0.1:{server.port}/"
    assert curl(f"{address}ping") == b"Ok.\n"
    assert curl(f"{address}?query=SELECT%201") == b"1\n"
    assert curl(address, "-d", "SELECT 2") == b"2\n"
    assert curl(address, "--data-binary", "@-", stdin=b"SELECT 3") == b"3\n"
    assert curl("-G", address, "--data-urlencode", "query=SELECT 'a b' FORMAT JSONEachRow") == b'{"\'a b\'":"a b"}\n'
    parameters = f"{address}?param_name=ada&query=SELECT%20%7Bname:String%7D"
    assert curl(parameters) == b"ada\n"


def test_a_file_is_inserted_plain_gzipped_and_in_chunks(server: Server, table: str, tmp_path: Path) -> None:
    insert = f"http://127.0.0.1:{server.port}/?query=INSERT%20INTO%20{table}%20FORMAT%20CSV"
    rows = b"".join(b"%d,name %d\n" % (number, number) for number in range(200_000))
    plain, packed = tmp_path / "rows.csv", tmp_path / "rows.csv.gz"
    plain.write_bytes(rows)
    packed.write_bytes(gzip.compress(rows))
    # Above a megabyte curl asks first whether the body is wanted.
    assert plain.stat().st_size > 1024**2
    curl(insert, "--data-binary", f"@{plain}")
    curl(insert, "--data-binary", f"@{packed}", "-H", "Content-Encoding: gzip")
    curl(insert, "-X", "POST", "-T", "-", stdin=rows)
    assert server.value(f"SELECT (count(), uniqExact(id)) FROM {table}") == "(600000,200000)"


def test_an_answer_is_compressed_when_asked_for_and_streamed_in_any_format(server: Server) -> None:
    address = f"http://127.0.0.1:{server.port}/?enable_http_compression=1"
    query = ("-d", "SELECT number FROM numbers(300000) FORMAT CSV")
    plain = curl(address, *query)
    assert plain == b"".join(b"%d\n" % number for number in range(300_000))
    assert curl(address, "--compressed", *query) == plain
    assert len(curl(address, "-H", "Accept-Encoding: gzip", *query)) < len(plain) / 2


def test_a_wrong_query_is_an_error_to_curl_and_says_why(server: Server) -> None:
    address = f"http://127.0.0.1:{server.port}/"
    assert b"UNKNOWN_TABLE" in curl(address, "-d", "SELECT * FROM nowhere")
    status = curl(
        address, "-o", "/dev/null", "-w", "%{http_code} %header{x-clickhouse-exception-code}", "-d", "SELECT x"
    )
    assert status == b"404 47"
    curl("--fail", address, "-d", "SELECT * FROM nowhere", exit_code=22)


def test_a_login_is_checked(tmp_path: Path) -> None:
    with running(tmp_path / "locked", HEADWATER_CLICKHOUSE_PASSWORD="p@ss word") as locked:
        address = f"http://127.0.0.1:{locked.port}/"
        assert curl("-u", "default:p@ss word", address, "-d", "SELECT 1") == b"1\n"
        headers = ("-H", "X-ClickHouse-User: default", "-H", "X-ClickHouse-Key: p@ss word")
        assert curl(*headers, address, "-d", "SELECT 2") == b"2\n"
        guess = ("-o", "/dev/null", "-w", "%{http_code}", "-u", "default:guess")
        assert curl(*guess, address, "-d", "SELECT 1") == b"403"
