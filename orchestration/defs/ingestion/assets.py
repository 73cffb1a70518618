"""The raw tables as assets. One function loads all of them, the one that the resident loader calls."""

from collections.abc import Iterator, Sequence

import dagster as dg

from headwater.settings import HomeSettings, WarehouseSettings
from ingestion.loader import load_once
from orchestration.lib.load_metadata import describe_load
from orchestration.lib.ownership import OWNERS


def raw_table(group: str, table: str, description: str, deps: Sequence[Sequence[str]] = ()) -> dg.AssetSpec:
    """The asset of ``raw_<group>.<table>``; ``deps`` are the keys of what it is made from."""
    return dg.AssetSpec(
        deps=[dg.AssetKey(key) for key in deps],
        key=[f"raw_{group}", table],
        group_name=group,
        kinds={"dlt", "clickhouse"},
        owners=OWNERS,
        description=description,
        tags={"headwater/layer": "raw"},
        metadata={"dagster/table_name": f"raw_{group}.{table}"},
    )


RAW_TABLES = [
    raw_table("events", "events", "One row per time an accepted event's receipt was loaded, duplicates included."),
    raw_table("events", "rejected_events", "One row per time a rejected event's receipt was loaded, with the reason."),
    raw_table("events", "landing_segments", "One row per time a segment of a collector's log was loaded."),
    raw_table("control", "organizations", "One row per organization, a copy of the control database."),
    raw_table("control", "sites", "One row per site, a copy of the control database."),
    raw_table("control", "goals", "One row per goal of a site, a copy of the control database."),
    raw_table("control", "funnels", "One row per funnel of a site, a copy of the control database."),
    raw_table("control", "cohorts", "One row per cohort of a site, a copy of the control database."),
    raw_table("control", "channel_rules", "One row per channel rule of a site, a copy of the control database."),
    raw_table("control", "segments", "One row per segment of a site, a copy of the control database."),
    raw_table("control", "stripe_connections", "One row per site that is connected to Stripe, without its secrets."),
    raw_table("control", "quotas", "One row per quota of an organization, a copy of the control database."),
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
