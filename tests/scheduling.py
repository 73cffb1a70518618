"""Which tests share a worker, and which begin first: `make test` lasts as long as the worker that ends last."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

REPOSITORY = Path(__file__).resolve().parents[1]
_GROUP = re.compile(r'^pytestmark = pytest\.mark\.xdist_group\("(\w+)"\)$', re.MULTILINE)

LONGEST_FIRST = (
    "dbt_project/test_incremental.py",
    "chaos/test_outage.py",  # A minute of waiting, beside what computes.
    "dbt_project/test_proof.py",
    "e2e",
    "orchestration/test_build.py",
    "dbt_project",
    "chaos",
    "ingestion",
    "orchestration",
)
"""Files and folders of tests that take minutes: begun last, they would keep one worker waiting for the other."""


def order(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: _rank(item.path.relative_to(REPOSITORY / "tests")))


def _rank(path: Path) -> int:
    names = {str(path), path.parts[0]}
    return next((number for number, name in enumerate(LONGEST_FIRST) if name in names), len(LONGEST_FIRST))


class FilesOfAGroup(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadfile`, but for files marked with the same `xdist_group`: they share one worker, and what it built."""

    def _split_scope(self, nodeid: str) -> Any:
        return scope_of(nodeid.partition("::")[0])


@cache
def scope_of(file: str) -> str:
    """The group that a file of tests is marked with, or the file itself. ``file``: relative to the repository."""
    found = _GROUP.search((REPOSITORY / file).read_text())
    return found[1] if found else file
