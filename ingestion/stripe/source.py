"""The dlt source of Stripe: ready files, appended to the raw tables as they are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltSource

# dlt wants a column to know a table by; the tables themselves are made by the numbered DDL.
_KNOWN_BY: dict[str, TColumnSchema] = {"site_id": {"data_type": "text", "nullable": False}}


def stripe_tables(files: Mapping[str, Path], rows: Mapping[str, int]) -> DltSource:
    """One resource for each table with a file of JSON lines."""

    @dlt.source(name="stripe", max_table_nesting=0)
    def stripe() -> Any:
        return [_resource(table, path, rows[table]) for table, path in files.items()]

    return stripe()


def _resource(table: str, path: Path, count: int) -> Any:
    def rows() -> Iterator[Any]:
        yield dlt.mark.with_file_import(str(path), "jsonl", count)

    return dlt.resource(rows, name=table, columns=_KNOWN_BY, write_disposition="append")
