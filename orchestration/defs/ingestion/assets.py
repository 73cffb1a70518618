"""The raw tables as assets. One function loads all of them, the one that the resident loader calls."""

from collections.abc import Iterator

import dagster as dg

from headwater.settings import HomeSettings, WarehouseSettings
from ingestion.loader import load_once
from orchestration.lib.load_metadata import describe_load
from orchestration.lib.ownership import OWNERS


def _raw_table(group: str, table: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=[f"raw_{group}", table],
        group_name=group,
        kinds={"dlt", "clickhouse"},
        owners=OWNERS,
        description=description,
        tags={"headwater/layer": "raw"},
        metadata={"dagster/table_name": f"raw_{group}.{table}"},
    )


RAW_TABLES = [
    _raw_table("events", "events", "One row per time an accepted event's receipt was loaded, duplicates included."),
    _raw_table("events", "rejected_events", "One row per time a rejected event's receipt was loaded, with the reason."),
    _raw_table("events", "landing_segments", "One row per time a segment of a collector's log was loaded."),
    _raw_table("control", "organizations", "One row per organization, a copy of the control database."),
    _raw_table("control", "sites", "One row per site, a copy of the control database."),
    _raw_table("control", "goals", "One row per goal of a site, a copy of the control database."),
    _raw_table("control", "funnels", "One row per funnel of a site, a copy of the control database."),
    _raw_table("control", "cohorts", "One row per cohort of a site, a copy of the control database."),
    _raw_table("control", "channel_rules", "One row per channel rule of a site, a copy of the control database."),
]


@dg.multi_asset(specs=RAW_TABLES, name="dlt_load", can_subset=True)
def raw_tables(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Load what waits in the landing log, and the control database if it changed."""
    home, warehouse = HomeSettings(), WarehouseSettings()
    report = load_once(home, warehouse)
    described = describe_load(report, warehouse)
    for key in sorted(context.selected_asset_keys):
        yield dg.MaterializeResult(asset_key=key, metadata=described[tuple(key.path)])


def ingestion_definitions() -> dg.Definitions:
    """The raw tables."""
    return dg.Definitions(assets=[raw_tables])
