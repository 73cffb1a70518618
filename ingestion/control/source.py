"""The dlt source of the control database: its tables as ready files, replaced as a whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltSource

_KNOWN_BY: dict[str, TColumnSchema] = {"created_at": {"data_type": "timestamp", "nullable": False}}


def control_tables(files: Mapping[str, Path]) -> DltSource:
    """One resource for each table, with its rows in a file of JSON lines."""

    @dlt.source(name="control", max_table_nesting=0)
    def control() -> Any:
        return [_resource(table, path) for table, path in files.items()]

    return control()


def _resource(table: str, path: Path) -> Any:
    def rows() -> Iterator[Any]:
        yield dlt.mark.with_file_import(str(path), "jsonl", 1)

    return dlt.resource(rows, name=table, columns=_KNOWN_BY, write_disposition="replace")
