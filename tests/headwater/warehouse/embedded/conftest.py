"""A server of its own per test process, and plain HTTP to talk to it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from cli.supervisor import unused_port


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Server:
    """A running server process. ``output`` is where its standard streams go."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path
    output: Path

    def send(
        self,
        body: bytes | str = b"",
        *,
        method: str = "POST",
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        **arguments: str | int,
    ) -> Reply:
        """One request on a connection of its own. ``arguments`` go into the URL."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            url = f"{path}?{urlencode(arguments)}" if arguments else path
            connection.request(method, url, body, dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def rows(self, sql: str, **arguments: Any) -> list[list[str]]:
        """A result as text; fails on an error."""
        reply = self.send(sql, **arguments)
        assert reply.status == 200, reply.text
        return [line.split("\t") for line in reply.text.splitlines()]

    def value(self, sql: str, **arguments: Any) -> str:
        """The only value of a result."""
        return self.rows(sql, **arguments)[0][0]

    def resident(self) -> int:
        """Memory of the process, in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def is_running(self, query_id: str) -> bool:
        """Whether the engine runs a query with this id."""
        sql = f"SELECT count() FROM system.processes WHERE Settings['query_cache_tag'] = '{query_id}'"
        return self.value(sql) != "0"

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until a condition holds; fail when it doesn't in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(30)


def launch(home: Path, port: int, *, own_group: bool = False, **environment: str) -> Server:
    """Start a server without waiting for it; in the process group of the test, or in one of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    settings = {"HEADWATER_HOME": str(home), "HEADWATER_CLICKHOUSE_PORT": str(port), **environment}
    home.mkdir(parents=True, exist_ok=True)
    output = home / "server.log"
    with output.open("ab") as log:
        command = [sys.executable, "-m", "headwater.warehouse.embedded"]
        process = subprocess.Popen(command, env=clean | settings, stdout=log, stderr=log, start_new_session=own_group)
    return Server(process, port, home, output)


def answers(server: Server) -> bool:
    """Whether ``/ping`` is answered."""
    assert server.process.poll() is None, server.output.read_text()
    try:
        return server.send(method="GET", path="/ping").body == b"Ok.\n"
    except OSError:
        return False


@contextmanager
def running(home: Path, *, own_group: bool = False, **environment: str) -> Iterator[Server]:
    """A server that answers; stopped afterwards if the test has not stopped it."""
    server = launch(home, unused_port(), own_group=own_group, **environment)
    try:
        server.wait_for(lambda: answers(server), 30)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server most tests share. It runs at most eight queries at once."""
    home = tmp_path_factory.mktemp("embedded")
    with running(home, HEADWATER_CLICKHOUSE_MAX_CONCURRENT_QUERIES="8") as server:
        yield server
        assert server.stop() == 0


@pytest.fixture
def table(server: Server) -> Iterator[str]:
    """The name of an empty table with the columns ``id UInt64, name String``."""
    name = f"t{time.monotonic_ns()}"
    server.rows(f"CREATE TABLE {name} (id UInt64, name String) ENGINE = MergeTree ORDER BY id")
    yield name
    server.rows(f"DROP TABLE {name}")
