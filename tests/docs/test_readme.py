"""What the documents name exists: make targets, commands, endpoints, files, settings."""

import re
from pathlib import Path

import pytest

from cli.main import COMMANDS
from headwater.settings import ALL_SETTINGS
from tests.conftest import REPOSITORY

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
VARIABLES = {
    f"{settings.model_config['env_prefix']}{name.upper()}"
    for settings in ALL_SETTINGS
    for name in settings.model_fields
}
BESIDE_THE_SETTINGS = {"HEADWATER_SHARED_DATA", "HEADWATER_PASSWORD"}
"""One is the tests', the other the compose file's."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^ {4}make ([a-z-]+)|`make ([a-z-]+)", text, re.MULTILINE)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }
    assert set(re.findall(r"(?:^ {4}\S*|`)headwater ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS)
    assert set(re.findall(r"HEADWATER_[A-Z_]+[A-Z]", text)) - BESIDE_THE_SETTINGS <= VARIABLES | {"HEADWATER_HOME"}
    for name in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (document.parent / name).exists(), name
    for name in re.findall(
        r"`((?:headwater|ingestion|api|cli|orchestration|tests|dbt_project|simulator)/[\w./-]+)`", text
    ):
        assert (REPOSITORY / name).exists(), name


def test_the_lock_pins_every_requirement_and_names_no_index() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index" not in lock
    names = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
    for wanted in ("chdb", "dbt-core", "dlt", "dagster", "fastapi", "great-expectations", "pytest"):
        assert wanted in names
