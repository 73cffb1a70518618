"""When dbt's project is parsed, and when it is not."""

import shutil
from pathlib import Path

import pytest

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib import manifest
from orchestration.lib.dbt import PROJECT, dbt_environment
from orchestration.lib.manifest import prepare_manifest, project_digest
from orchestration.lib.run import run_build


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_any_changed_new_or_missing_file_is_another_project(project: Path) -> None:
    before = project_digest(project)
    model = next(project.glob("models/marts/**/*.sql"))
    model.write_text(model.read_text() + "\n")
    changed = project_digest(project)
    (project / "models" / "new.sql").write_text("select 1")
    grown = project_digest(project)
    model.unlink()
    assert len({before, changed, grown, project_digest(project)}) == 4


def test_what_dbt_writes_into_its_project_changes_nothing(project: Path) -> None:
    before = project_digest(project)
    (project / "target").mkdir()
    (project / "target" / "compiled.sql").write_text("select 1")
    (project / ".user.yml").unlink(missing_ok=True)
    assert project_digest(project) == before


def test_a_project_that_did_not_change_is_not_parsed_again(
    parsed_home: HomeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("dbt ran")

    monkeypatch.setattr(manifest, "run_dbt", fail)
    assert prepare_manifest(parsed_home, WarehouseSettings()).parent.name == project_digest()


def test_a_project_that_dbt_cannot_read_is_named_with_what_dbt_says(
    home: HomeSettings, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "models" / "broken.sql").write_text("select * from {{ ref('nowhere') }}")
    monkeypatch.setattr("orchestration.lib.dbt.PROJECT", project)
    report = run_build(lambda _: None)
    assert (report.ok, report.run_id) == (False, "")
    [failure] = report.failures
    assert failure.startswith("dbt cannot read the project: ")
    assert "nowhere" in failure


def test_dbt_is_given_the_address_and_the_home(home: HomeSettings) -> None:
    settings = WarehouseSettings(url="https://warehouse.example:9440", user="headwater", password="secret")
    environment = dbt_environment(settings, home)
    assert environment["HEADWATER_DBT_HOST"] == "warehouse.example"
    assert environment["HEADWATER_DBT_PORT"] == "9440"
    assert environment["HEADWATER_DBT_SECURE"] == "1"
    assert environment["HEADWATER_DBT_PASSWORD"] == "secret"
    assert Path(environment["DBT_TARGET_PATH"]).is_relative_to(home.home)
    assert Path(environment["DBT_LOG_PATH"]).is_relative_to(home.home)
