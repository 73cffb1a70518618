"""docs/settings.md is what the settings classes say."""

from cli.settings_page import render
from tests.conftest import REPOSITORY


def test_the_settings_page_is_up_to_date() -> None:
    assert (REPOSITORY / "docs" / "settings.md").read_text() == render(), "run `make docs`"
