"""Every model of the dbt project as an asset, every data test as a check; one `dbt build` makes them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.defs.dbt.translator import HeadwaterDbtTranslator
from orchestration.lib.dbt_build import DbtBuild
from orchestration.lib.instance import BUILD_POOL
from orchestration.lib.manifest import Project, read_project


def dbt_definitions() -> dg.Definitions:
    """The assets and checks. dbt parses the project if it changed; no warehouse needs to answer."""
    return dg.Definitions(assets=[build_models(read_project(HomeSettings(), WarehouseSettings()))])


def build_models(project: Project) -> dg.AssetsDefinition:
    """The assets of one reading of the project."""
    translator = HeadwaterDbtTranslator()

    @dbt_assets(manifest=project.manifest, dagster_dbt_translator=translator, name="dbt_build", pool=BUILD_POOL)
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from DbtBuild(HomeSettings(), WarehouseSettings(), project, translator).stream(context)

    return models
