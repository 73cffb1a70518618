"""What every model of the project must have, read from dbt's manifest."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.services import PROJECT
from tests.dbt_project.conftest import parse_project

DBT_PROJECT = PROJECT / "dbt_project"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("parse") / "manifest.json"
    parse_project().write(str(path))
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By name."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_every_model_has_its_own_yaml_that_opens_with_the_grain(models: dict[str, dict[str, Any]]) -> None:
    for name, model in models.items():
        beside = Path(model["original_file_path"]).with_suffix(".yml")
        assert model["patch_path"] == f"headwater://{beside}", name
        assert model["description"].startswith("One row per "), name


def test_every_column_is_described(models: dict[str, dict[str, Any]], manifest: dict[str, Any]) -> None:
    for node in [*models.values(), *manifest["sources"].values()]:
        assert node["columns"], node["name"]
        for column in node["columns"].values():
            assert column["description"], f"{node['name']}.{column['name']}"


def test_databases_are_the_layers_and_marts_have_contracts(models: dict[str, dict[str, Any]]) -> None:
    for name, model in models.items():
        layer = Path(model["original_file_path"]).parts[1]
        assert model["schema"] == layer, name
        assert model["config"]["contract"]["enforced"] == (layer == "marts"), name


def test_every_model_below_staging_is_tested(models: dict[str, dict[str, Any]], manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tested = {parent for test in tests for parent in test["depends_on"]["nodes"]}
    tested |= {parent for test in manifest["unit_tests"].values() for parent in test["depends_on"]["nodes"]}
    assert {model["unique_id"] for model in models.values()} <= tested


def test_sources_are_known_to_dagster_by_their_physical_names(manifest: dict[str, Any]) -> None:
    for source in manifest["sources"].values():
        assert source["config"]["meta"]["dagster"]["asset_key"] == [source["schema"], source["identifier"]]


def test_whatever_brings_a_model_news_keeps_a_log(models: dict[str, dict[str, Any]]) -> None:
    # Of a build that was cut off after it changed rows, only a log says so to models that are left alone without news.
    for name, model in models.items():
        for upstream in model["config"]["meta"].get("upstream", []):
            assert models[upstream]["config"]["meta"].get("logged"), f"{upstream}, for {name}"


def test_what_is_made_anew_at_news_names_everything_it_is_made_of(models: dict[str, dict[str, Any]]) -> None:
    by_id = {model["unique_id"]: model for model in models.values()}

    def stored(model: dict[str, Any]) -> set[str]:
        names = set()
        for parent in (by_id[node] for node in model["depends_on"]["nodes"] if node in by_id):
            names |= stored(parent) if parent["config"]["materialized"] == "view" else {parent["name"]}
        return names

    made_anew = [model for model in models.values() if "{{ build_plan().header }}" in model["raw_code"]]
    assert "rpt_cohort_revenue" in {model["name"] for model in made_anew}
    for model in made_anew:
        assert set(model["config"]["meta"]["upstream"]) == stored(model), model["name"]


def test_no_model_asks_for_the_time(models: dict[str, dict[str, Any]]) -> None:
    for name, model in models.items():
        assert not re.search(r"\b(now|now64|today|yesterday)\s*\(", model["raw_code"]), name


def test_a_macro_is_in_the_file_of_its_name(manifest: dict[str, Any]) -> None:
    own = [macro for macro in manifest["macros"].values() if macro["package_name"] == "headwater"]
    for macro in own:
        assert Path(macro["original_file_path"]).stem == macro["name"].removeprefix("test_")


def test_dbt_reports_to_nobody() -> None:
    assert "send_anonymous_usage_stats: false" in (DBT_PROJECT / "dbt_project.yml").read_text()
