"""The resident loader: killed, doubled, without a warehouse. Nothing is lost, nobody has to help."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from headwater.control import ControlUnavailable, ensure_site, open_control
from headwater.file_lock import LockBusy
from headwater.landing import sealed_segments
from headwater.settings import ControlSettings, HomeSettings, LoaderSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseAway, answers
from ingestion.loader import LoadReport, load_once, run_loader, seconds_between
from ingestion.lock import load_lock
from tests.ingestion.landed import Landed


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.02)


@contextmanager
def resident_loader(said: list[str]) -> Iterator[None]:
    """`run_loader` in a thread, with the settings in the environment."""
    stop = threading.Event()
    loader = LoaderSettings(interval_seconds=0.05)
    thread = threading.Thread(target=run_loader, args=(stop,), kwargs={"loader": loader, "say": said.append})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def embedded_server(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """An embedded ClickHouse of the test's own, on a data directory that outlives it."""
    environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_CLICKHOUSE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "headwater.warehouse.embedded"], env=environment)
    try:
        wait_until(lambda: process.poll() is not None or answers(WarehouseSettings(port=port)), seconds=60)
        assert process.poll() is None, "the embedded ClickHouse did not start"
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_is_landed_is_loaded_without_being_asked(home: HomeSettings, warehouse: Warehouse) -> None:
    said: list[str] = []
    landed = Landed(home)
    with resident_loader(said):
        for _ in range(3):
            landed.land(2)
            wait_until(lambda: not sealed_segments(home.landing_dir))
    assert landed.in_warehouse(warehouse, "events") == landed.events
    assert said == ["loader: ready"]


def test_while_much_comes_in_it_gathers_for_twice_as_long() -> None:
    assert seconds_between(LoadReport(), 0.5) == 0.5
    assert seconds_between(LoadReport(bytes=1024**2), 0.5) == 0.5
    assert seconds_between(LoadReport(bytes=64 * 1024**2), 0.5) == 1.0


def test_kill_9_at_any_moment_loses_no_receipt(home: HomeSettings, warehouse: Warehouse) -> None:
    choose = random.Random(11)
    landed = Landed(home)
    for _ in range(4):
        landed.land(50, rejected=3)
        process = subprocess.Popen([sys.executable, "-m", "ingestion.loader"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"loader: ready\n"
        time.sleep(choose.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    load_once()
    assert sealed_segments(home.landing_dir) == []
    assert sorted(set(landed.in_warehouse(warehouse, "events"))) == landed.events
    assert sorted(set(landed.in_warehouse(warehouse, "rejected_events"))) == landed.rejected


def test_a_load_package_left_by_a_killed_process_is_not_in_the_way(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(1)
    load_once()
    folder = home.dlt_dir / "pipelines" / "events"
    (folder / "state.json").write_text('{"torn')
    (folder / "load" / "normalized" / "1700000000.0").mkdir()
    landed.land(1)
    assert load_once().events == 1
    assert landed.in_warehouse(warehouse, "events") == landed.events


def test_sigterm_ends_the_loader_in_order(home: HomeSettings, warehouse: Warehouse) -> None:
    process = subprocess.Popen([sys.executable, "-m", "ingestion.loader"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0
    process.communicate()


def test_sigterm_ends_a_loader_that_waits_for_another_ones_load(home: HomeSettings, warehouse: Warehouse) -> None:
    Landed(home).land(1)
    with load_lock(home, 0):
        process = subprocess.Popen(
            [sys.executable, "-m", "ingestion.loader"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"loader: ready\n"
        time.sleep(0.5)
        process.terminate()
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
        assert process.communicate()[0] == b""
    assert load_once().events == 1


def test_one_load_at_a_time_and_the_second_says_whom_it_waits_for(home: HomeSettings, warehouse: Warehouse) -> None:
    Landed(home).land(1)
    with load_lock(home, 0), pytest.raises(LockBusy, match=str(os.getpid())):
        load_once(wait_seconds=0.1)
    assert load_once(wait_seconds=0.1).events == 1


def test_a_second_load_waits_for_the_first(home: HomeSettings, warehouse: Warehouse) -> None:
    Landed(home).land(1)
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with load_lock(home, 0):
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    threading.Timer(0.3, release.set).start()
    assert load_once().events == 1
    holder.join()


def test_without_a_warehouse_nothing_moves(home: HomeSettings, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(free_port))
    Landed(home).land(1)
    with pytest.raises(WarehouseAway, match=str(free_port)):
        load_once()
    assert len(sealed_segments(home.landing_dir)) == 1


def test_a_control_database_that_fails_holds_nothing_up_and_is_said_once(
    home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.loader._CONTROL_SECONDS", 0.3)
    monkeypatch.setattr("ingestion.loader._PRUNE_SECONDS", 0.0)
    monkeypatch.setenv("HEADWATER_LANDING_RETAIN_DAYS", "0")
    url = ControlSettings().database_url(home)
    with open_control(url).begin() as session:
        session.execute(text("ALTER TABLE sites RENAME TO elsewhere"))
    landed, said = Landed(home), list[str]()
    with resident_loader(said):
        for _ in range(3):
            landed.land(2)
            wait_until(lambda: not sealed_segments(home.landing_dir))
            time.sleep(0.4)
        wait_until(lambda: not list(home.landing_dir.glob("*/loaded/*/*")))
        assert len(said) == 2
        assert said[1].startswith("loader: the control database does not answer: no such table: sites")
        with open_control(url).begin() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO sites"))
            ensure_site(session, "org", "mended")
        wait_until(lambda: len(said) == 3)
    assert said[2] == "loader: the control database answers again"
    assert landed.in_warehouse(warehouse, "events") == landed.events
    assert warehouse.value("SELECT groupArray(id) FROM raw_control.sites") == ["mended"]


def test_a_load_by_hand_says_that_the_control_database_fails_after_all_else_is_done(
    home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CONTROL_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    landed = Landed(home)
    landed.land(2)
    with pytest.raises(ControlUnavailable, match="cannot be opened"):
        load_once()
    assert landed.in_warehouse(warehouse, "events") == landed.events


def test_a_full_disk_stops_a_load_and_moves_nothing(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(200)
    script = (
        "import resource\n"
        "from ingestion.loader import load_once\n"
        "from ingestion.pipeline import LoadFailed\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "try:\n    load_once()\n"
        "except LoadFailed as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert len(sealed_segments(home.landing_dir)) == 1
    assert load_once().events == 200
    assert landed.in_warehouse(warehouse, "events") == landed.events


def test_the_backlog_drains_by_itself_when_the_warehouse_is_back(
    home: HomeSettings, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HEADWATER_CLICKHOUSE_URL", raising=False)
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(free_port))
    landed, said = Landed(home), list[str]()
    with embedded_server(tmp_path, free_port) as server, resident_loader(said):
        landed.land(2)
        wait_until(lambda: not sealed_segments(home.landing_dir))
        server.kill()
        server.wait()
        for _ in range(3):
            landed.land(2)
        wait_until(lambda: len(said) == 2)
        time.sleep(1.5)
        assert len(said) == 2, "being away is said once"
        with embedded_server(tmp_path, free_port):
            wait_until(lambda: not sealed_segments(home.landing_dir))
            wait_until(lambda: len(said) == 3)
            with Warehouse(WarehouseSettings()) as warehouse:
                assert sorted(set(landed.in_warehouse(warehouse, "events"))) == landed.events
    assert said[0] == "loader: ready"
    assert str(free_port) in said[1]
    assert said[2] == "loader: loading again"
