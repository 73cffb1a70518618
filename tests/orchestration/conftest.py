"""A home whose dbt project is parsed already, and a warehouse whose raw tables hold only what these tests put there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.supervisor import unused_port
from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.manifest import prepare_manifest
from tests.stack import Stack, running_stack


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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, clickhouse_port: int) -> Iterator[Stack]:
    """ClickHouse alone, with a site, and a home in which dbt has nothing left to parse."""
    folder, port = tmp_path_factory.mktemp("stack"), str(clickhouse_port)
    with running_stack(folder, services=("clickhouse",), HEADWATER_CLICKHOUSE_PORT=port) as running:
        shutil.copytree(parsed_project, running.home.dbt_dir)
        yield running
