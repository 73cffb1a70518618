"""The database ``default``, made a database like any other.

chDB lays the file system over it: a name that is no table of it is taken for a path, and even to look for a table asks
for the right to read files. What lies below is an ordinary database, which takes its place. The two only agree on where
its tables are when the link to them is there before the engine starts.
"""

import re
import uuid
from pathlib import Path

_DEFINITION = "ATTACH DATABASE _ UUID '{}'\nENGINE = Atomic\n"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def prepare_default(directory: Path) -> None:
    """Link the database to its tables and write its definition. Before the engine starts."""
    metadata = directory / "metadata"
    metadata.mkdir(exist_ok=True)
    link, definition = metadata / "default", metadata / "default.sql"
    known = link.readlink().name if link.is_symlink() else definition.read_text() if definition.exists() else ""
    found = _UUID.search(known)
    identity = found[0] if found else str(uuid.uuid4())
    if not link.is_symlink():
        link.symlink_to(Path("..", "store", identity[:3], identity))
    written = _DEFINITION.format(identity)
    if not definition.exists() or identity not in definition.read_text():
        definition.with_suffix(".tmp").write_text(written)
        definition.with_suffix(".tmp").rename(definition)


def settle_default() -> list[str]:
    """The statements that put the database in the place of chDB's, once the engine runs."""
    return [
        "SET check_table_dependencies = 0, check_referential_table_dependencies = 0",
        "DETACH DATABASE default",
        "ATTACH DATABASE default",
    ]
