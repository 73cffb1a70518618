"""Fixtures every room's tests share: an isolated home, free ports, and a running warehouse per test worker."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cli.supervisor import unused_port
from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, answers
from headwater.warehouse.schema import apply_schema
from orchestration.lib.manifest import prepare_manifest
from tests import scheduling
from tests.postgresql import Postgresql, find_binaries, running_postgresql
from tests.scheduling import REPOSITORY

ABSENT = "reference data is absent:"
NO_POSTGRESQL = "PostgreSQL's server is not installed"


def pytest_configure() -> None:
    # Workers share the cores, and a query of theirs has little to read.
    os.environ.setdefault("HEADWATER_CLICKHOUSE_MAX_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return scheduling.FilesOfAGroup(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested for want of something."""
    skipped = terminalreporter.getreports("skipped")
    for sign, title, mend in (
        (ABSENT, "REFERENCE DATA IS ABSENT", "Set HEADWATER_SHARED_DATA to the folder that holds it."),
        (NO_POSTGRESQL, "POSTGRESQL IS ABSENT", "Install it: apt-get install postgresql"),
    ):
        absent = [report for report in skipped if sign in str(report.longrepr)]
        if absent:
            terminalreporter.section(title, sep="!", red=True, bold=True)
            terminalreporter.line(f"{len(absent)} tests that need it were NOT RUN:")
            for report in absent:
                terminalreporter.line(f"  {report.nodeid}")
            terminalreporter.line(mend)


def _miss(text: str) -> NoReturn:
    """Not run, and said so at the end; in continuous integration, failed."""
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Where a folder of the shared reference data lies.

    Where it is absent, the test is not run and the end of the test run says so; in continuous integration it fails.
    """

    def locate(name: str) -> Path:
        root = Path(os.environ.get("HEADWATER_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
        if not (root / name).is_dir():
            _miss(f"{ABSENT} {name!r}: set HEADWATER_SHARED_DATA to the folder that holds it")
        return root / name

    return locate


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server, one per test worker. Make a database of your own in it."""
    binaries = find_binaries()
    if binaries is None:
        _miss(NO_POSTGRESQL)
    with running_postgresql(binaries, unused_port()) as server:
        yield server


@pytest.fixture
def free_port() -> int:
    return unused_port()


@pytest.fixture
def free_ports() -> Callable[[], int]:
    """A new free port at each call."""
    return unused_port


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HomeSettings:
    """A home of the test's own; HEADWATER_HOME points to it."""
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / "home"))
    settings = HomeSettings()
    settings.home.mkdir()
    return settings


@pytest.fixture(scope="session")
def warehouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseSettings]:
    """An embedded ClickHouse with the raw tables, one per test worker. Its tables are shared: use ids of your own."""
    home = tmp_path_factory.mktemp("warehouse")
    port = unused_port()
    environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_CLICKHOUSE_PORT": str(port)}
    environment.pop("HEADWATER_CLICKHOUSE_URL", None)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "headwater.warehouse.embedded"], env=environment, stdout=log, stderr=log
        )
    settings = WarehouseSettings(port=port, url=None)
    try:
        deadline = time.monotonic() + 60
        while not answers(settings):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the embedded ClickHouse did not start: {(home / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)
        with Warehouse(settings) as client:
            apply_schema(client)
        yield settings
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def warehouse(warehouse_server: WarehouseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """A client of the worker's ClickHouse, and the settings that point to it in the environment."""
    monkeypatch.delenv("HEADWATER_CLICKHOUSE_URL", raising=False)
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(warehouse_server.port))
    with Warehouse(warehouse_server) as client:
        yield client


@pytest.fixture(scope="session")
def clickhouse_port() -> int:
    """The stack's port. dbt parses again when the address in its profile is another."""
    return unused_port()


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory, clickhouse_port: int) -> Path:
    """A home's dbt directory after parsing, which takes seconds: once per worker."""
    home = HomeSettings(home=tmp_path_factory.mktemp("parsed"))
    prepare_manifest(home, WarehouseSettings(port=clickhouse_port, url=None))
    return home.dbt_dir


@pytest.fixture
def parsed_home(home: HomeSettings, parsed_project: Path) -> HomeSettings:
    """A home of the test's own in which dbt has nothing left to parse."""
    shutil.copytree(parsed_project, home.dbt_dir)
    return home


@pytest.fixture
def home_with_dbt(parsed_home: HomeSettings, clickhouse_port: int, monkeypatch: pytest.MonkeyPatch) -> HomeSettings:
    """The same at the port that dbt knows: its parse holds for one address of ClickHouse."""
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(clickhouse_port))
    return parsed_home
