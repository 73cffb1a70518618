"""docs/metrics.md is what the models' YAML says."""

from cli.metrics_page import render
from tests.conftest import REPOSITORY


def test_the_metrics_page_is_up_to_date() -> None:
    assert (REPOSITORY / "docs" / "metrics.md").read_text() == render(), "run `make docs`"
