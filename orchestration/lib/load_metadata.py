"""What a load did, per raw table, for people who look at the asset."""

from collections.abc import Mapping

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import LoadReport
from orchestration.lib.row_count import count_rows

Metadata = Mapping[str, int | float | str]

_TABLES = {
    "raw_events": ("events", "rejected_events", "landing_segments"),
    "raw_control": (
        *("organizations", "sites", "goals", "funnels", "cohorts", "channel_rules", "stripe_connections"),
        "quotas",
        "segments",
    ),
}


def describe_load(report: LoadReport, warehouse: WarehouseSettings) -> dict[tuple[str, ...], Metadata]:
    """Metadata by asset key: rows of the table, and what this load brought, which may be nothing.

    Raises WarehouseAway or WarehouseRefused.
    """
    loaded = {"events": report.events, "rejected_events": report.rejected, "landing_segments": report.segments}
    with Warehouse(warehouse) as client:
        described: dict[tuple[str, ...], Metadata] = {}
        for database, tables in _TABLES.items():
            for table in tables:
                metadata: dict[str, int | float | str] = {"dagster/row_count": count_rows(client, database, table)}
                if database == "raw_events":
                    metadata |= {
                        "rows loaded": loaded[table],
                        "segments": report.segments,
                        "bytes": report.bytes,
                        "seconds": round(report.seconds, 3),
                        "load id": report.load_id or "nothing waited",
                    }
                described[database, table] = metadata
    return described
