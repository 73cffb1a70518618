"""What Dagster loads, and what loading costs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.definitions import definitions
from orchestration.lib.dbt import PROJECT
from orchestration.lib.manifest import read_project
from tests.orchestration.snapshot import SNAPSHOT, describe


@pytest.fixture(scope="module")
def defs(parsed_project: Path) -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADWATER_HOME", str(parsed_project.parent))
        yield definitions()


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_assets_checks_jobs_and_schedules_are_those_of_the_snapshot(defs: dg.Definitions) -> None:
    assert describe(defs) == SNAPSHOT.read_text(), "if so wanted: python -m tests.orchestration.snapshot"


def test_a_fresh_interpreter_loads_the_code_location_without_a_server_and_without_heavy_imports(
    parsed_home: HomeSettings, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE_PORT", str(free_port))
    loaded = json.loads(
        python(
            "import json, sys; from orchestration.definitions import definitions; definitions();"
            "print(json.dumps([name for name in sys.modules if '.' not in name]))"
        )
    )
    assert not {"great_expectations", "dlt", "pandas", "clickhouse_connect", "chdb"} & set(loaded)


def test_importing_the_definitions_makes_nothing(home: HomeSettings) -> None:
    python("import orchestration.definitions, sys; assert 'dagster_dbt' not in sys.modules")
    assert list(home.home.iterdir()) == []


def test_dagster_validates_the_workspace(parsed_home: HomeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed_home.dagster_dir.mkdir()
    (parsed_home.dagster_dir / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(parsed_home.dagster_dir))
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_mart_is_made_from_raw_tables(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()

    def ancestors(key: dg.AssetKey) -> Iterator[dg.AssetKey]:
        for parent in graph.get(key).parent_keys:
            yield parent
            yield from ancestors(parent)

    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    from_nothing = {key for key in marts if not any(one.path[0].startswith("raw_") for one in ancestors(key))}
    assert from_nothing == {dg.AssetKey(["marts", "dim_days"])}


def test_every_data_test_is_a_check_that_blocks_when_its_severity_is_error(
    defs: dg.Definitions, parsed_home: HomeSettings
) -> None:
    nodes = read_project(parsed_home, WarehouseSettings()).manifest["nodes"].values()
    tests = {node["name"]: node["config"]["severity"].lower() for node in nodes if node["resource_type"] == "test"}
    graph = defs.resolve_asset_graph()
    blocking = {key.name: graph.get_check_spec(key).blocking for key in graph.asset_check_keys if key.name in tests}
    assert blocking == {name: severity == "error" for name, severity in tests.items()}
