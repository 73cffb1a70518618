"""The API's process: start, stop, and what happens when the log has no room."""

import http.client
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.sync.client import connect

from cli.supervisor import unused_port
from headwater.control import ApiKey, open_control
from headwater.settings import ControlSettings
from tests.api.collector_process import CollectorProcess, running_collector
from tests.conftest import REPOSITORY

EVENT = {"event": "page_view"}


def test_sigterm_finishes_requests_seals_the_log_and_exits_with_0(tmp_path: Path) -> None:
    with running_collector(tmp_path, HEADWATER_LANDING_SEAL_SECONDS="3600") as collector:
        answered: list[str] = []

        def send() -> None:
            with collector.client() as client:
                while True:
                    try:
                        response = client.post("/api/v1/events", json=EVENT)
                    except httpx.TransportError:
                        return
                    assert response.status_code == 202
                    answered.extend(response.json()["ids"].values())

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        # A request whose body is under way when the signal comes.
        body = json.dumps(EVENT).encode()
        slow = socket.create_connection(("127.0.0.1", collector.port))
        head = f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: {collector.key}\r\nContent-Length: {len(body)}"
        slow.sendall(head.encode() + b"\r\n\r\n" + body[:5])
        time.sleep(0.1)
        collector.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        slow.sendall(body[5:])
        response = http.client.HTTPResponse(slow)
        response.begin()
        assert response.status == 202
        answered.extend(json.loads(response.read())["ids"].values())
        slow.close()
        assert collector.process.wait(20) == 0
        for thread in threads:
            thread.join()
        landed, _ = collector.landed()
    ids = [str(event.id) for event in landed]
    assert len(answered) > 5
    assert set(answered) <= set(ids)
    assert len(ids) == len(set(ids))


def test_it_starts_with_little_work(tmp_path: Path) -> None:
    """Processor time, for the clock on the wall tells what else the machine was doing."""
    with running_collector(tmp_path) as collector:
        spent = psutil.Process(collector.process.pid).cpu_times()
        # Measured 0.7 s on a quiet machine, 1.2 s on one where eight processes shared two cores.
        assert spent.user + spent.system < 2.5


def test_starting_imports_neither_pandas_nor_the_warehouse_nor_alembic() -> None:
    heavy = ["pandas", "numpy", "clickhouse_connect", "chdb", "alembic", "dlt", "dagster", "pyarrow"]
    program = f"import sys, api.server; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert shown.stdout.strip() == "[]"


def test_a_full_backlog_is_503_with_retry_after(tmp_path: Path) -> None:
    with (
        running_collector(tmp_path, HEADWATER_LANDING_BACKLOG_BYTES="4096") as collector,
        collector.client() as client,
    ):
        statuses = [client.post("/api/v1/events", json=EVENT | {"title": "x" * 1_000}).status_code for _ in range(8)]
        assert statuses[0] == 202
        assert statuses[-1] == 503
        for path in ("/api/v1/events", "/ready"):
            response = client.request("GET" if path == "/ready" else "POST", path, json=EVENT)
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) >= 1
            assert response.json()["error"]["code"] == "unavailable"
        assert client.get("/health").status_code == 200
        assert collector.stop() == 0
        landed, _ = collector.landed()
        assert len(landed) == statuses.count(202)


def test_a_full_disk_is_503_and_the_log_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client() as client:
        assert client.post("/api/v1/events", json=EVENT).status_code == 202
        # To the process a limit of file size looks like a disk without room.
        limits = resource.prlimit(collector.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(collector.process.pid, resource.RLIMIT_FSIZE, (100, limits[1]))
        response = client.post("/api/v1/events", json=EVENT)
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "unavailable"
        assert int(response.headers["retry-after"]) >= 1
        resource.prlimit(collector.process.pid, resource.RLIMIT_FSIZE, limits)
        assert client.post("/api/v1/events", json=EVENT).status_code == 202
        assert collector.stop() == 0
        landed, _ = collector.landed()
        assert len(landed) == 2


def test_a_control_database_that_does_not_answer_is_503(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client() as client:
        path = collector.home.home / "control.db"
        with closing(sqlite3.connect(path)) as control:
            control.execute("ALTER TABLE api_keys RENAME TO away")
            response = client.post("/api/v1/events", json=EVENT)
            assert response.status_code == 503
            assert "control database" in response.json()["error"]["message"]
            control.execute("ALTER TABLE away RENAME TO api_keys")
        assert client.post("/api/v1/events", json=EVENT).status_code == 202


def test_the_use_of_a_key_is_noted(collector: CollectorProcess) -> None:
    key_id, key = collector.make_key()
    with collector.client(key) as client:
        assert client.post("/api/v1/events", json=EVENT).status_code == 202
    sessions = open_control(ControlSettings(url=None).database_url(collector.home))
    deadline = time.monotonic() + 5
    while True:
        with sessions() as session:
            if session.get_one(ApiKey, key_id).last_used_at is not None:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_open_stream_does_not_keep_the_process(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector:
        address = f"ws://127.0.0.1:{collector.port}/api/v1/events/stream"
        with connect(address, additional_headers={"X-API-Key": collector.key}) as stream:
            stream.send(json.dumps(EVENT))
            assert json.loads(stream.recv(timeout=10))["accepted"] == 1
            assert collector.stop() == 0
        landed, _ = collector.landed()
        assert len(landed) == 1


def _start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.server"],
        env=os.environ | environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_taken_port_is_one_line(collector: CollectorProcess, tmp_path: Path) -> None:
    ended = _start({"HEADWATER_HOME": str(tmp_path), "HEADWATER_API_PORT": str(collector.port)})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "HEADWATER_API_PORT" in ended.stderr


def test_a_second_process_on_the_same_log_is_one_line_that_names_the_first(collector: CollectorProcess) -> None:
    ended = _start({"HEADWATER_HOME": str(collector.home.home), "HEADWATER_API_PORT": str(unused_port())})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(collector.process.pid) in ended.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("HEADWATER_ENRICHMENT_MAXMIND_PATH", "/nowhere/places.mmdb"),
        ("HEADWATER_CONTROL_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(tmp_path: Path, setting: str, value: str) -> None:
    environment = {"HEADWATER_HOME": str(tmp_path), "HEADWATER_API_PORT": str(unused_port()), setting: value}
    ended = _start(environment)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
