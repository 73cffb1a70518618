"""A Headwater of its own, worked through the command line as a person would."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.supervisor import unused_port
from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from tests.stack import spare_unit_tests

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def headwater(tmp_path_factory: pytest.TempPathFactory, clickhouse_port: int) -> Run:
    """Runs `headwater …` in a home and on ports of this module's own. Fails the test on an unexpected exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWATER_", "DAGSTER_"))}
    environment |= {
        "HEADWATER_HOME": str(tmp_path_factory.mktemp("home")),
        "HEADWATER_CLICKHOUSE_PORT": str(clickhouse_port),
        "HEADWATER_API_PORT": str(unused_port()),
        "HEADWATER_DAGSTER_PORT": str(unused_port()),
        "COLUMNS": "200",
    }

    def run(*arguments: str | Path, exit_code: int = 0, **extra: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "cli", *map(str, arguments)],
            env=environment | extra,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == exit_code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    run.environment = environment  # type: ignore[attr-defined]
    return run


@pytest.fixture(scope="module")
def seasoned(headwater: Run, parsed_project: Path, warehouse_server: WarehouseSettings) -> Run:
    """`headwater` in a home that knows the dbt project: it is parsed there, and its unit tests have passed."""
    home = HomeSettings(home=Path(headwater.environment["HEADWATER_HOME"]))  # type: ignore[attr-defined]
    shutil.copytree(parsed_project, home.dbt_dir)
    with Warehouse(warehouse_server) as client:
        spare_unit_tests(home, client)
    return headwater
