"""The dlt source of exchange rates: a ready file, appended as it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltSource

_KNOWN_BY: dict[str, TColumnSchema] = {"currency": {"data_type": "text", "nullable": False}}


def rate_table(table: str, path: Path, count: int) -> DltSource:
    """One resource with the file's rows."""

    @dlt.source(name="rates", max_table_nesting=0)
    def rates() -> Any:
        def rows() -> Iterator[Any]:
            yield dlt.mark.with_file_import(str(path), "jsonl", count)

        return [dlt.resource(rows, name=table, columns=_KNOWN_BY, write_disposition="append")]

    return rates()
