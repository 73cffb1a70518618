"""Writes docs/settings.md from the settings classes: `make docs`."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from headwater.settings import ALL_SETTINGS

HEAD = """# Settings

Every setting is an environment variable. Nothing has to be set to run on one machine. `make docs` writes this page from
`headwater/settings.py`.
"""


def render() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for settings in ALL_SETTINGS:
        summary = (settings.__doc__ or "").strip().splitlines()[0]
        parts.append(f"\n## {settings.__name__.removesuffix('Settings')}\n\n{summary}\n")
        parts.append("| variable | default | meaning |\n|---|---|---|")
        prefix = settings.model_config["env_prefix"]
        for name, field in settings.model_fields.items():
            parts.append(f"| `{prefix}{name.upper()}` | {_default(field.default)} | {field.description} |")
    return "\n".join(parts) + "\n"


def _default(value: object) -> str:
    if value is None or value is PydanticUndefined or value == "" or value == SecretStr(""):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def main() -> None:
    """Write the page."""
    page = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
    page.write_text(render())


if __name__ == "__main__":
    main()
