"""Dagster's instance: its configuration, kept in the home directory, and the runs that a crash left behind."""

import os
from typing import TYPE_CHECKING

import yaml

from headwater.settings import DagsterSettings, HomeSettings
from orchestration.lib.retention import purge_runs

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

BUILD_POOL = "build"
"""Runs that hold a slot of this pool write what dbt writes: one at a time."""

_PURGED_AT_START = 100

_NO_COMPUTE_LOGS = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
        "config": {},
    }
}


def prepare_instance(home: HomeSettings) -> None:
    """Write dagster.yaml into ``home.dagster_dir``, fail the runs whose process is gone, and delete some of the oldest.

    A run without a process would count as running for ever, and no other build would start.
    """
    write_instance_config(home)
    with open_instance(home) as instance:
        fail_dead_runs(instance)
        # Where no schedule runs, this is all the purging there is; many at once would be a wait.
        purge_runs(instance, home, DagsterSettings().retain_days, limit=_PURGED_AT_START)


def write_instance_config(home: HomeSettings) -> None:
    """Write dagster.yaml, unless it says the same already."""
    text = yaml.safe_dump(instance_config(home), sort_keys=False)
    path = home.dagster_dir / "dagster.yaml"
    if path.exists() and path.read_text() == text:
        return
    home.dagster_dir.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(text)
    part.replace(path)


def instance_config(home: HomeSettings) -> dict[str, object]:
    """What dagster.yaml says."""
    return {
        "telemetry": {"enabled": False},
        # No form that asks for an address before the first look at the UI.
        "nux": {"enabled": False},
        "storage": {
            "custom": {
                "module": "orchestration.lib.sqlite_storage",
                "class": "OpenSqliteStorage",
                "config": {"base_dir": str(home.dagster_dir / "storage")},
            }
        },
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(home.dagster_dir)},
        },
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(home.dagster_dir / "compute_logs")},
        },
        "concurrency": {
            "runs": {"max_concurrent_runs": 2},
            "pools": {"granularity": "run", "default_limit": 1},
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 60,
            "max_runtime_seconds": 3 * 3600,
            "poll_interval_seconds": 60,
        },
        # A tick every 15 minutes is 35,000 a year, and SQLite's pages get slow with them.
        "retention": {
            "schedule": {"purge_after_days": {"skipped": 7, "failure": 30, "success": 30, "started": 7}},
            "sensor": {"purge_after_days": {"skipped": 1, "failure": 30, "success": 7, "started": 7}},
        },
    }


def open_instance(home: HomeSettings, *, has_compute_logs: bool = True) -> "DagsterInstance":
    """The home's instance, whatever DAGSTER_HOME says.

    Without compute logs a run in this process leaves its standard output alone: capturing it redirects the whole
    process's, a terminal's progress display included.
    """
    from dagster import DagsterInstance
    from dagster._core.instance.ref import InstanceRef

    overrides = None if has_compute_logs else _NO_COMPUTE_LOGS
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster_dir), overrides=overrides))


def fail_dead_runs(instance: "DagsterInstance") -> list[str]:
    """Mark as failed every run whose process has ended without saying so; return their ids."""
    from dagster import DagsterRunStatus, RunsFilter

    claimed = RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
    dead = [run for run in instance.get_runs(claimed) if not _is_alive(instance, run)]
    for run in dead:
        instance.report_run_failed(run, "The process that ran it ended without a word.")
    return [run.run_id for run in dead]


def report_process(instance: "DagsterInstance", run: "DagsterRun") -> None:
    """Say in the run's log which process runs it, as Dagster's own run workers do."""
    from dagster._core.events import EngineEventData

    pid = os.getpid()
    instance.report_engine_event(f"Started process for run (pid: {pid}).", run, EngineEventData.in_process(pid))


def _is_alive(instance: "DagsterInstance", run: "DagsterRun") -> bool:
    """Whether the process that its log names is that process still, and not another with its number."""
    import psutil
    from dagster import DagsterEventType

    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        pid = event.engine_event_data.metadata.get("pid") if event else None
        if pid is None:
            continue
        try:
            if psutil.Process(int(str(pid.value))).create_time() <= entry.timestamp:
                return True
        except psutil.NoSuchProcess:
            continue
    return False
