"""A home whose dbt project is parsed already, and a warehouse whose raw tables hold only what these tests put there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, clickhouse_port: int) -> Iterator[Stack]:
    """ClickHouse alone, with a site, and a home in which dbt has nothing left to parse."""
    folder, port = tmp_path_factory.mktemp("stack"), str(clickhouse_port)
    with running_stack(folder, services=("clickhouse",), HEADWATER_CLICKHOUSE_PORT=port) as running:
        shutil.copytree(parsed_project, running.home.dbt_dir)
        yield running
