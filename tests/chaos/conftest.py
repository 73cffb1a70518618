"""A home in which dbt need not parse the project: what is looked at here is what became of the events."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def settings(tmp_path: Path, parsed_project: Path, clickhouse_port: int) -> dict[str, str]:
    """Settings of a stack in ``tmp_path``; dbt's partial parse holds for one address of ClickHouse."""
    (target,) = parsed_project.glob("projects/*/target")
    shutil.copytree(target, tmp_path / "home" / "dbt" / "target")
    return {"HEADWATER_CLICKHOUSE_PORT": str(clickhouse_port)}
