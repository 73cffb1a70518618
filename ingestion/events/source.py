"""The dlt source of landed events: ready files that dlt hands to ClickHouse as they are."""

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltSource

from ingestion.events.batch import Batch, Part

# dlt wants a column to know a table by; the tables themselves are made by the numbered DDL.
_KNOWN_BY: dict[str, TColumnSchema] = {"collector_id": {"data_type": "text", "nullable": False}}


def landed_events(batch: Batch) -> DltSource:
    """The resources ``events``, ``rejected_events`` and ``landing_segments`` of one batch, all appended."""

    @dlt.source(name="events", max_table_nesting=0)
    def events() -> Any:
        return [_resource(part) for part in (batch.events, batch.rejected, batch.landed)]

    return events()


def _resource(part: Part) -> Any:
    def rows() -> Iterator[Any]:
        if part.rows:
            yield dlt.mark.with_file_import(str(part.path), "jsonl", part.rows)

    return dlt.resource(rows, name=part.table, columns=_KNOWN_BY, write_disposition="append")
