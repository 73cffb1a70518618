"""Numbered DDL of the raw tables, applied in order and once each.

A file is named ``NNNN_<what>.sql``; its statements end with a semicolon at the end of a line. What was applied is noted
in ``headwater.schema_versions``.
"""

import re
from pathlib import Path

from headwater.warehouse.client import Warehouse

_HERE = Path(__file__).parent

_VERSIONS = (
    "CREATE DATABASE IF NOT EXISTS headwater",
    "CREATE TABLE IF NOT EXISTS headwater.schema_versions (version UInt32, name String, applied_at DateTime('UTC'))"
    " ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
)


def migrations() -> list[tuple[int, Path]]:
    """Every DDL file with its number, in order."""
    return sorted((int(path.name[:4]), path) for path in _HERE.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def statements(path: Path) -> list[str]:
    """The statements of one DDL file."""
    text = re.sub(r"^\s*--.*$", "", path.read_text(), flags=re.MULTILINE)
    return [part.strip() for part in re.split(r";\s*$", text, flags=re.MULTILINE) if part.strip()]


def apply_schema(warehouse: Warehouse) -> list[str]:
    """Bring the raw tables up to date. Returns the names of the files that were applied now."""
    for statement in _VERSIONS:
        warehouse.command(statement)
    known = {row[0] for row in warehouse.query("SELECT version FROM headwater.schema_versions")[1]}
    applied = []
    for version, path in migrations():
        if version in known:
            continue
        for statement in statements(path):
            warehouse.command(statement)
        warehouse.command(f"INSERT INTO headwater.schema_versions VALUES ({version}, '{path.stem}', now())")
        applied.append(path.stem)
    return applied
