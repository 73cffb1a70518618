"""Files that share what takes long to build are said to, so that one worker builds it for all of them."""

import re

from tests.scheduling import LONGEST_FIRST, REPOSITORY, scope_of

TESTS = REPOSITORY / "tests"


def test_files_that_read_the_built_journeys_are_of_their_group() -> None:
    scopes = {
        path.name: scope_of(str(path.relative_to(REPOSITORY)))
        for path in (TESTS / "dbt_project").glob("test_*.py")
        if re.search(r"\bwalks: Models\b", path.read_text())
    }
    assert len(scopes) > 5
    assert set(scopes.values()) == {"walks"}, scopes


def test_a_file_of_no_group_has_a_scope_of_its_own() -> None:
    assert scope_of("tests/architecture/test_scheduling.py") == "tests/architecture/test_scheduling.py"


def test_what_begins_first_exists() -> None:
    assert [name for name in LONGEST_FIRST if not (TESTS / name).exists()] == []
