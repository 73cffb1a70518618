"""A warehouse of the models' own, and dbt run against it. Its raw tables hold only what these tests put there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cli.services import PROJECT, clickhouse_service
from cli.supervisor import Supervisor
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from tests.conftest import unused_port


@dataclass(frozen=True, slots=True)
class Models:
    """The dbt project with a warehouse behind it. ``target`` holds what dbt writes."""

    client: Warehouse
    settings: WarehouseSettings
    target: Path
    environment: dict[str, str]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
            cwd=PROJECT / "dbt_project",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    folder = tmp_path_factory.mktemp("models")
    settings = WarehouseSettings(port=unused_port(), url=None)
    server = {"HEADWATER_HOME": str(folder / "home"), "HEADWATER_CLICKHOUSE_PORT": str(settings.port)}
    dbt = {
        "HEADWATER_DBT_PORT": str(settings.port),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    supervisor = Supervisor(folder / "logs")
    try:
        supervisor.start(replace(clickhouse_service(settings), environment=server))
        with Warehouse(settings) as client:
            apply_schema(client)
            yield Models(client, settings, folder / "target", {**os.environ, **dbt})
    finally:
        supervisor.stop()
