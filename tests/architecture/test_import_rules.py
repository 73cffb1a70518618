"""The import rules hold, and each of them sees what it forbids."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGES = ("headwater", "ingestion", "api", "cli", "orchestration", "simulator")


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_rule_is_kept(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("headwater/file_lock.py", "import ingestion.loader", "Imports run downward"),
        ("api/connection.py", "import orchestration.lib.row_count", "The API never imports"),
        ("ingestion/loader.py", "import clickhouse_connect", "headwater.warehouse alone owns"),
        ("headwater/file_lock.py", "import chdb", "headwater.warehouse alone owns"),
        ("orchestration/lib/backlog.py", "import dlt", "ingestion alone owns dlt"),
        ("ingestion/loader.py", "import dagster", "orchestration alone owns dagster"),
        ("simulator/people.py", "import headwater.file_lock", "The simulator knows only"),
        ("orchestration/lib/backlog.py", "import simulator", "Nothing but cli (and tests) imports"),
    ],
)
def test_a_rule_sees_what_it_forbids(house: Path, module: str, line: str, rule: str) -> None:
    with (house / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(house)
    assert done.returncode == 1
    verdicts = re.split(r" (KEPT|BROKEN)\b", " ".join(done.stdout.split()))
    broken = [title for title, verdict in zip(verdicts[::2], verdicts[1::2], strict=False) if verdict == "BROKEN"]
    assert any(rule in title for title in broken), done.stdout
