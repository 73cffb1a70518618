"""How every source is run: one dlt pipeline, quiet, local, and with nothing to remember.

What there is to load is told by what it is loaded from (the landing log, the control database), never by dlt's state.
So a pipeline's working directory is made anew by each process and after each failure: a package that a killed process
left behind is not resumed but loaded again from its source.
"""

import os
import secrets
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import WarehouseAway, WarehouseError, WarehouseRefused

if TYPE_CHECKING:
    from dlt import Pipeline
    from dlt.common.pipeline import LoadInfo, StepInfo
    from dlt.extract import DltSource

    from ingestion.destination import Carried


class LoadFailed(Exception):
    """dlt or the disk could not do a load, for a reason that is not ClickHouse's. Nothing is lost; load again."""


class SourcePipeline:
    """The pipeline of one source into the database of the same purpose. For one thread, under the load lock."""

    def __init__(
        self,
        home: HomeSettings,
        warehouse: WarehouseSettings,
        name: str,
        database: str,
        carried: "Carried" = "rows",
    ) -> None:
        """``carried``: whether the source's files hold rows or manifests of rows."""
        self._folder, self._carried = home.dlt_dir / "pipelines", carried
        self._warehouse, self._name, self._database = warehouse, name, database
        self._token = secrets.token_hex(8)
        self._pipeline: Pipeline | None = None
        self.stored_tables: frozenset[str] = frozenset()
        """Tables whose rows were all stored by the last run, also when it failed for another table."""
        configure_dlt(home)

    def run(self, build_source: Callable[[], "DltSource"]) -> str:
        """Run dlt and return the load id. When it returns, every row is stored.

        Raises WarehouseAway, WarehouseRefused, or LoadFailed; after any of them the next run starts afresh.
        """
        from dlt.pipeline.exceptions import PipelineStepFailed

        try:
            info: LoadInfo = self._opened().run(build_source())
        except PipelineStepFailed as error:
            self.stored_tables = _stored_tables(error.step_info)
            self.forget()
            raise _cause(error) from error
        except WarehouseError:
            self.stored_tables = frozenset()
            self.forget()
            raise
        except OSError as error:
            self.stored_tables = frozenset()
            self.forget()
            raise LoadFailed(f"dlt cannot write below {self._folder}: {error.strerror}") from error
        self.stored_tables = _stored_tables(info)
        shutil.rmtree(self._folder / self._name / "load" / "loaded", ignore_errors=True)
        (self._folder / self._name / "load" / "loaded").mkdir(exist_ok=True)
        load_id: str = info.loads_ids[-1] if info.loads_ids else ""
        return load_id

    def forget(self) -> None:
        """Drop what dlt keeps on disk and in memory; the next run makes it anew."""
        self._pipeline = None

    def _opened(self) -> "Pipeline":
        owner = self._folder / f"{self._name}.owner"
        if self._pipeline is None or not owner.exists() or owner.read_text() != self._token:
            import dlt

            from ingestion.destination import build_destination

            shutil.rmtree(self._folder / self._name, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            owner.write_text(self._token)
            self._pipeline = dlt.pipeline(
                self._name,
                pipelines_dir=str(self._folder),
                destination=build_destination(self._warehouse, self._database, self._carried),
                dataset_name="",
            )
        return self._pipeline


def configure_dlt(home: HomeSettings) -> None:
    """Settings of dlt that it reads from the environment, some of them when it is imported.

    No telemetry, no trace, no signal handlers of its own, nothing outside the home directory; one attempt a job,
    because the loader has its own way to wait for a warehouse that is away.
    """
    os.environ |= {
        "DLT_DATA_DIR": str(home.dlt_dir),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__INTERCEPT_SIGNALS": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "RESTORE_FROM_DESTINATION": "false",
        "ENABLE_RUNTIME_TRACE": "false",
        "NORMALIZE__WORKERS": "1",
        "LOAD__WORKERS": "1",
        "LOAD__RAISE_ON_MAX_RETRIES": "1",
        "LOAD__DELETE_COMPLETED_JOBS": "true",
    }


def _stored_tables(info: "StepInfo[Any] | None") -> frozenset[str]:
    packages = info.load_packages if info else []
    return frozenset(
        job.job_file_info.table_name for package in packages for job in package.jobs.get("completed_jobs", [])
    )


def _cause(error: BaseException) -> Exception:
    """What ClickHouse said, from the chain of errors dlt wraps it in."""
    step: BaseException | None = error
    deepest = error
    while step is not None:
        if isinstance(step, WarehouseAway | WarehouseRefused):
            return step
        deepest, step = step, step.__cause__ or step.__context__
    return LoadFailed(f"dlt could not load: {str(deepest).strip().splitlines()[0]}")
