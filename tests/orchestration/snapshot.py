"""What Dagster shows, as text: `python -m tests.orchestration.snapshot` writes the snapshot again."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.definitions import definitions

SNAPSHOT = Path(__file__).with_name("snapshot.txt")


def describe(defs: dg.Definitions) -> str:
    """A line for every asset, check, job and schedule, sorted; what an asset is made from is below it."""
    return "\n".join([*_assets(defs), "", *_checks(defs), "", *_jobs(defs), "", *_schedules(defs), ""])


def _assets(defs: dg.Definitions) -> Iterator[str]:
    for spec in sorted(defs.resolve_all_asset_specs(), key=lambda one: one.key.path):
        kinds, owners = ", ".join(sorted(spec.kinds)), ", ".join(spec.owners)
        watched = ", freshness watched" if spec.freshness_policy else ""
        yield f"asset {_name(spec.key)} [{spec.group_name}] {kinds}; {owners}{watched}"
        yield from sorted(f"    from {_name(dep.asset_key)}" for dep in spec.deps)


def _checks(defs: dg.Definitions) -> Iterator[str]:
    graph = defs.resolve_asset_graph()
    specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    yield from sorted(
        f"check {_name(spec.asset_key)}: {spec.name}{' (blocking)' if spec.blocking else ''}" for spec in specs
    )


def _jobs(defs: dg.Definitions) -> Iterator[str]:
    for job in sorted(defs.resolve_all_job_defs(), key=lambda one: one.name):
        if not job.name.startswith("__"):
            yield f"job {job.name}: {', '.join(sorted(node.name for node in job.nodes))}; {job.executor_def.name}"


def _schedules(defs: dg.Definitions) -> Iterator[str]:
    for schedule in sorted(defs.schedules or [], key=lambda one: one.name):
        assert isinstance(schedule, dg.ScheduleDefinition)
        status = schedule.default_status.value
        yield f"schedule {schedule.name}: {schedule.cron_schedule} {schedule.execution_timezone}, {status}"


def _name(key: dg.AssetKey) -> str:
    return ".".join(key.path)


if __name__ == "__main__":
    SNAPSHOT.write_text(describe(definitions()))
