"""A home whose dbt project is parsed already, and a warehouse whose raw tables hold only what these tests put there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, clickhouse_port: int) -> Iterator[Stack]:
    """ClickHouse alone, with a site, and a home in which dbt has nothing left to parse."""
    folder = tmp_path_factory.mktemp("stack")
    server = {"HEADWATER_CLICKHOUSE_PORT": str(clickhouse_port), "HEADWATER_CLICKHOUSE_MAX_THREADS": "1"}
    with running_stack(folder, services=("clickhouse",), **server) as running:
        shutil.copytree(parsed_project, running.home.dbt_dir)
        yield running
