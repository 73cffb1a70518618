"""dlt's ClickHouse destination over HTTP: what it does to tables, and what its failures are called."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dlt
import pytest

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseAway, WarehouseRefused
from ingestion.insert import insert
from ingestion.pipeline import SourcePipeline


def source_of(table: str, path: Path) -> dlt.sources.DltSource:
    """A file of one row for one table."""

    @dlt.source(name="files")
    def files() -> object:
        def rows() -> Iterator[object]:
            yield dlt.mark.with_file_import(str(path), "jsonl", 1)

        return dlt.resource(rows, name=table, columns={"id": {"data_type": "text", "nullable": False}})

    return files()


def pipeline(home: HomeSettings, database: str) -> SourcePipeline:
    return SourcePipeline(home, WarehouseSettings(), "files", database)


@pytest.fixture
def row(tmp_path: Path) -> Path:
    path = tmp_path / "row.jsonl"
    path.write_text('{"id": "a"}\n')
    return path


@pytest.fixture
def database(warehouse: Warehouse) -> Iterator[str]:
    warehouse.command("CREATE DATABASE files")
    yield "files"
    warehouse.command("DROP DATABASE files")


def test_a_table_keeps_its_plain_name_in_the_database_of_its_source(
    home: HomeSettings, warehouse: Warehouse, database: str, row: Path
) -> None:
    warehouse.command("CREATE TABLE files.things (id String) ENGINE = MergeTree ORDER BY id")
    assert pipeline(home, database).run(lambda: source_of("things", row))
    assert warehouse.value("SELECT id FROM files.things") == "a"


def test_a_compressed_file_is_stored_as_the_rows_in_it(
    home: HomeSettings, warehouse: Warehouse, database: str, tmp_path: Path
) -> None:
    warehouse.command("CREATE TABLE files.things (id String) ENGINE = MergeTree ORDER BY id")
    rows = tmp_path / "rows.jsonl.gz"
    rows.write_bytes(gzip.compress(b'{"id": "a"}\n{"id": "b"}\n'))
    assert pipeline(home, database).run(lambda: source_of("things", rows))
    assert warehouse.query("SELECT id FROM files.things ORDER BY id")[1] == [("a",), ("b",)]


def test_a_table_that_is_missing_is_not_made_up(
    home: HomeSettings, warehouse: Warehouse, database: str, row: Path
) -> None:
    with pytest.raises(WarehouseRefused, match="DDL"):
        pipeline(home, database).run(lambda: source_of("things", row))
    assert not warehouse.query("SELECT name FROM system.tables WHERE database = 'files' AND name = 'things'")[1]


def test_a_missing_column_is_not_added(home: HomeSettings, warehouse: Warehouse, database: str, row: Path) -> None:
    warehouse.command("CREATE TABLE files.things (name String) ENGINE = MergeTree ORDER BY name")
    with pytest.raises(WarehouseRefused, match="things lacks id"):
        pipeline(home, database).run(lambda: source_of("things", row))


def test_after_a_failure_the_next_run_loads_what_it_is_given(
    home: HomeSettings, warehouse: Warehouse, database: str, row: Path, tmp_path: Path
) -> None:
    warehouse.command("CREATE TABLE files.things (id String) ENGINE = MergeTree ORDER BY id")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": \n')
    files = pipeline(home, database)
    with pytest.raises(WarehouseRefused):
        files.run(lambda: source_of("things", bad))
    files.run(lambda: source_of("things", row))
    assert warehouse.query("SELECT id FROM files.things")[1] == [("a",)]


def test_a_refusal_carries_clickhouse_s_own_code(warehouse: Warehouse) -> None:
    settings = WarehouseSettings()
    with pytest.raises(WarehouseRefused, match="nowhere") as refused:
        insert(settings.address, settings.user, "", "INSERT INTO nowhere.things FORMAT JSONEachRow", b"{}")
    assert refused.value.code == 81


def test_nobody_at_the_address_is_told_from_a_refusal(free_port: int) -> None:
    with pytest.raises(WarehouseAway, match=str(free_port)):
        insert(f"http://127.0.0.1:{free_port}", "default", "", "INSERT INTO a.b FORMAT JSONEachRow", b"{}")


def test_a_refusal_that_comes_before_all_rows_are_sent_is_no_broken_connection(tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    rows.write_bytes(b"{}\n" * 20_000_000)
    refusal = b"Code: 27. DB::Exception: Cannot parse input"

    def refuse_early(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            head = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(refusal)
            connection.sendall(head + refusal)
            connection.shutdown(socket.SHUT_WR)
            # Time for the answer to arrive before what was sent since resets the connection.
            time.sleep(0.2)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=refuse_early, args=(listener,))
        server.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(WarehouseRefused) as refused:
            insert(address, "default", "", "INSERT INTO a.b FORMAT JSONEachRow", rows)
        server.join()
    assert refused.value.code == 27
