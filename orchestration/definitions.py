"""What Dagster loads: every definition of `orchestration.defs`, merged."""

import dagster as dg


@dg.definitions
def definitions() -> dg.Definitions:
    """All assets, checks, jobs and schedules. Needs no server; dbt parses its project if that changed."""
    from orchestration.defs.build.job import build_definitions
    from orchestration.defs.checks.landing import landing_definitions
    from orchestration.defs.checks.quality import quality_definitions
    from orchestration.defs.dbt.assets import dbt_definitions
    from orchestration.defs.ingestion.assets import ingestion_definitions
    from orchestration.defs.ingestion.stripe import stripe_definitions
    from orchestration.defs.retention.job import retention_definitions

    return dg.Definitions.merge(
        ingestion_definitions(),
        stripe_definitions(),
        dbt_definitions(),
        landing_definitions(),
        quality_definitions(),
        build_definitions(),
        retention_definitions(),
        # One process for a whole run: starting one for each step took 44 s where this took 25 s.
        dg.Definitions(executor=dg.in_process_executor),
    )
