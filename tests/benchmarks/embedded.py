"""What the embedded server costs: a trivial query over keep-alive, and an insert against the engine alone."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.supervisor import unused_port
from tests.benchmarks.figures import Figure

_ROWS = 1_000_000
_BLOCK = 65_536
_PIECE = 1024 * 1024
_TABLE = "CREATE OR REPLACE TABLE bench (id UInt64, name String, value Float64) ENGINE = MergeTree ORDER BY id"
_INSERT = "INSERT INTO bench"


def measure(rounds: int = 11, queries: int = 300) -> list[Figure]:
    """The median time of ``SELECT 1``, and the speed of an insert as a share of ``send_insert``, interleaved."""
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        alone = _Alone(Path(folder) / "alone")
        data = alone.native_rows()
        times = [_timed(connection, "/", b"SELECT 1") for _ in range(queries + 20)][20:]
        ratios = []
        for turn in range(rounds + 1):
            engine = alone.insert(data)
            _timed(connection, "/", _TABLE.encode())
            server = _timed(connection, f"/?query={_INSERT.replace(' ', '+')}+FORMAT+Native", data)
            # The first turn warms both.
            ratios += [engine / server] if turn else []
    return [
        Figure("embedded: SELECT 1", [1000 * seconds for seconds in times], goal=3, unit="ms", at_least=False),
        Figure("embedded: insert of 1 M rows, share of send_insert", ratios, goal=0.8, note=f"{len(data)} bytes"),
    ]


class _Alone:
    """The engine in this process."""

    def __init__(self, folder: Path) -> None:
        from chdb import _chdb

        self._connection: Any = _chdb.connect(str(folder))  # type: ignore[attr-defined]

    def native_rows(self) -> bytes:
        """A million rows in ClickHouse's Native format."""
        columns = "number AS id, concat('user-', toString(number)) AS name, number * 0.5 AS value"
        sql = f"SELECT {columns} FROM numbers({_ROWS}) SETTINGS max_block_size = {_BLOCK}"
        return bytes(self._connection.query(sql, "Native").bytes())

    def insert(self, data: bytes) -> float:
        """Seconds of one insert through ``send_insert``."""
        connection = self._connection
        connection.query(_TABLE, "Null")
        began = time.perf_counter()
        insertion = connection.send_insert(_INSERT, "Native")
        for start in range(0, len(data), _PIECE):
            connection.insert_append(insertion, data[start : start + _PIECE])
        connection.insert_done(insertion)
        return time.perf_counter() - began


def _timed(connection: http.client.HTTPConnection, url: str, body: bytes) -> float:
    began = time.perf_counter()
    connection.request("POST", url, body)
    answer = connection.getresponse()
    text = answer.read()
    seconds = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(text.decode())
    return seconds


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    port = unused_port()
    environment = {**os.environ, "HEADWATER_HOME": str(folder), "HEADWATER_CLICKHOUSE_PORT": str(port)}
    command = [sys.executable, "-m", "headwater.warehouse.embedded"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError("the embedded server did not start")
            yield port
        finally:
            process.terminate()
            process.wait(30)
