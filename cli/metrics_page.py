"""Writes docs/metrics.md from the YAML beside the marts: `make docs`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from api.metrics.catalogue import read_catalogue
from cli.services import PROJECT

HEAD = """# Metrics and marts

`make docs` writes this page from the YAML beside the models in `dbt_project/models/marts`. A metric is asked for at
`GET /api/v1/metrics/{name}`; a mart is a table of the database `marts`.
"""

_MARTS = PROJECT / "dbt_project" / "models" / "marts"


def render() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, "## Metrics\n", *_metrics(), "\n## Marts", *_marts()]) + "\n"


def _metrics() -> Iterator[str]:
    yield "| metric | meaning | unit | from |"
    yield "|---|---|---|---|"
    for metric in read_catalogue(_MARTS):
        yield f"| `{metric.name}` | {metric.description} | {metric.unit} | `{metric.model.table}` |"


def _marts() -> Iterator[str]:
    for area in sorted(path for path in _MARTS.iterdir() if path.is_dir()):
        models = [model for path in sorted(area.glob("*.yml")) for model in _read_models(path)]
        if models:
            yield f"\n### {area.name.capitalize()}\n"
            yield "| mart | one row, and what it holds |"
            yield "|---|---|"
            yield from (f"| `{model['name']}` | {_one_line(model['description'])} |" for model in models)


def _read_models(path: Path) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = (yaml.safe_load(path.read_text()) or {}).get("models", [])
    return models


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def main() -> None:
    """Write the page."""
    (PROJECT / "docs" / "metrics.md").write_text(render())


if __name__ == "__main__":
    main()
