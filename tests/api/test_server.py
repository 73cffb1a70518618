"""The API's process: start, stop, and what happens when the log has no room."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.api.collector_process import CollectorProcess, running_collector
from tests.conftest import REPOSITORY, unused_port

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


def test_it_is_ready_within_seconds(tmp_path: Path) -> None:
    times = []
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        began = time.monotonic()
        with running_collector(folder) as collector:
            times.append(time.monotonic() - began)
            assert collector.stop() == 0
    # Measured 0.8 s on a quiet machine; the bound leaves room for a busy one.
    assert min(times) < 3, times


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
