"""The job, run in this process against the home's Dagster instance: the same run that the schedule starts."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headwater.file_lock import LockBusy
from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.manifest import ParseFailed, prepare_manifest

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, JobDefinition

_REPOSITORY_TAG = {".dagster/repository": "__repository__@headwater"}
_STEPS = {
    "dlt_load": "loading what waits",
    "dbt_build": "building and testing models",
    "landing_checks": "checking the landing log",
}
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(slots=True)
class RunReport:
    """What a run did. ``failures`` has one line for each step and check that failed, with what to look at."""

    run_id: str = ""
    ok: bool = False
    steps: int = 0
    """Steps that succeeded."""
    checks_passed: int = 0
    checks_failed: int = 0
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """One line for each check that did not pass and stops nothing."""
    seconds: float = 0.0


def run_build(progress: Callable[[str], None]) -> RunReport:
    """Load, build and check once. ``progress`` is told what happens, a short line at a time.

    The run is kept in the home's Dagster instance, where `headwater dagster` shows it. Nothing is raised for what
    fails; the report says so. It has no run id when dbt could not read its project, and so no run began.
    """
    began = time.perf_counter()
    home, report = HomeSettings(), RunReport()
    progress("starting Dagster")
    try:
        job = _load_job(home, progress)
    except (ParseFailed, LockBusy) as error:
        report.failures.append(" ".join(str(error).split()))
    else:
        _run_job(job, home, report, progress)
    report.seconds = time.perf_counter() - began
    return report


def _run_job(job: "JobDefinition", home: HomeSettings, report: RunReport, progress: Callable[[str], None]) -> None:
    from orchestration.lib.instance import open_instance

    with open_instance(home, has_compute_logs=False) as instance:
        for event in _execute(job, instance, report):
            _note(event, report, progress)
        run = instance.get_run_by_id(report.run_id)
        report.ok = run is not None and run.is_success and not report.checks_failed


def _load_job(home: HomeSettings, progress: Callable[[str], None]) -> "JobDefinition":
    """dbt parses in a process of its own while this one imports Dagster: three seconds less when both are cold."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        manifest = pool.submit(prepare_manifest, home, WarehouseSettings())
        from orchestration.definitions import definitions
        from orchestration.defs.build.job import BUILD_JOB
        from orchestration.lib.instance import prepare_instance

        prepare_instance(home)
        progress("reading the dbt project")
        manifest.result()
    return definitions().resolve_job_def(BUILD_JOB)


def _execute(job: "JobDefinition", instance: "DagsterInstance", report: RunReport) -> "Iterator[DagsterEvent]":
    """The run's events as they happen: `execute_in_process` would give them when all is over."""
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run_iterator

    from orchestration.lib.instance import report_process

    run = instance.create_run_for_job(job, run_config=_QUIET, tags={**job.run_tags, **_REPOSITORY_TAG})
    report.run_id = run.run_id
    report_process(instance, run)
    yield from execute_run_iterator(InMemoryJob(job), run, instance)


def _note(event: "DagsterEvent", report: RunReport, progress: Callable[[str], None]) -> None:
    if event.is_step_start:
        progress(_STEPS.get(event.step_key or "", event.step_key or ""))
    elif event.is_step_success:
        report.steps += 1
    elif event.is_step_failure:
        report.failures.extend(_explain_failure(event))
    elif event.is_step_materialization:
        progress(_describe_materialization(event))
    elif event.event_type_value == "ASSET_CHECK_EVALUATION":
        _note_check(event, report, progress)


def _note_check(event: "DagsterEvent", report: RunReport, progress: Callable[[str], None]) -> None:
    from dagster import AssetCheckSeverity

    evaluation = event.asset_check_evaluation_data
    name = f"{'.'.join(evaluation.asset_key.path)} {evaluation.check_name}"
    line = f"check {name}: {evaluation.description or 'did not pass'}"
    if evaluation.passed:
        report.checks_passed += 1
        progress(f"checked {name}")
    elif evaluation.severity == AssetCheckSeverity.ERROR:
        report.checks_failed += 1
        report.failures.append(line)
        progress(line)
    else:
        report.warnings.append(line)
        progress(line)


def _describe_materialization(event: "DagsterEvent") -> str:
    materialization = event.step_materialization_data.materialization
    rows = materialization.metadata.get("dagster/row_count")
    count = f", {rows.value:,} rows" if rows is not None and isinstance(rows.value, int) else ""
    return f"made {'.'.join(materialization.asset_key.path)}{count}"


def _explain_failure(event: "DagsterEvent") -> list[str]:
    """A line for each thing that went wrong in the step; none for checks, which have lines of their own."""
    error = event.step_failure_data.error
    cause = error.cause if error and error.cause else error
    if cause is None:
        return [f"step {event.step_key}: {event.message}"]
    if cause.cls_name == "DagsterAssetCheckFailedError":
        return []
    said = re.sub(rf"^(\w+\.)*{cause.cls_name}: ", "", cause.message.strip())
    return [f"step {event.step_key}: {line}" for line in said.splitlines() if line.strip()]
