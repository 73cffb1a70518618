"""How a dbt resource becomes a Dagster asset. Keys are physical names: ``[database, table]``."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from orchestration.lib.ownership import OWNERS

if TYPE_CHECKING:
    from dagster_dbt import DbtProject

Properties = Mapping[str, Any]

MART_FRESHNESS = dg.FreshnessPolicy.time_window(
    # The schedule builds every 15 minutes: late after two missed builds, stale after an hour.
    warn_window=timedelta(minutes=35),
    fail_window=timedelta(hours=1),
)


class HeadwaterDbtTranslator(DagsterDbtTranslator):
    """Models by database and table, sources by the raw asset their metadata names."""

    def get_asset_key(self, dbt_resource_props: Properties) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(dbt_resource_props["meta"]["dagster"]["asset_key"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_group_name(self, dbt_resource_props: Properties) -> str | None:
        """The source of a staging model, the area of all others: the folder below the layer's."""
        if dbt_resource_props["resource_type"] == "source":
            return None
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        _project, _layer, area, *_ = dbt_resource_props["fqn"]
        return str(area)

    def get_description(self, dbt_resource_props: Properties) -> str:
        return str(dbt_resource_props["description"]).strip()

    def get_owners(self, dbt_resource_props: Properties) -> Sequence[str] | None:
        return OWNERS

    def get_tags(self, dbt_resource_props: Properties) -> Mapping[str, str]:
        tags = {"headwater/layer": dbt_resource_props["fqn"][1]}
        return tags if dbt_resource_props["resource_type"] == "model" else {}

    def get_freshness_policy(self, dbt_resource_props: Properties) -> dg.FreshnessPolicy | None:
        """What is read by people and the API must be new; what leads to it need not be watched as well."""
        return MART_FRESHNESS if dbt_resource_props["schema"] == "marts" else None

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: "DbtProject | None") -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        policy = self.get_freshness_policy(self.get_resource_props(manifest, unique_id))
        return spec if policy is None else spec.replace_attributes(freshness_policy=policy)
