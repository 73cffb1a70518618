"""`dbt build` as Dagster sees it: dbt's results go in as it logs them, materializations and check results come out."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from orchestration.lib.dbt import build_lock, dbt_environment, run_dbt
from orchestration.lib.manifest import Project
from orchestration.lib.row_count import count_rows


class BuildFailed(Exception):
    """dbt built less than it was asked to. ``reasons`` has a line for each model and unit test that failed.

    A failed data test is not among them: it is a check result, and named there.
    """

    def __init__(self, reasons: Sequence[str], log: Path) -> None:
        self.reasons = list(reasons)
        super().__init__("\n".join(f"{reason}; see {log}" for reason in self.reasons))


@dataclass(slots=True)
class _Outcome:
    code: int = 0
    reasons: list[str] = field(default_factory=list)
    failed_tests: int = 0


class DbtBuild:
    """`dbt build` of what a context selects. Builds of one home happen one after another."""

    def __init__(
        self, home: HomeSettings, warehouse: WarehouseSettings, project: Project, translator: DagsterDbtTranslator
    ) -> None:
        self._home, self._settings = home, warehouse
        self._project, self._translator = project, translator

    def stream(self, context: dg.AssetExecutionContext) -> Iterator[Any]:
        """Build; yield each Output, AssetCheckResult and AssetObservation as it comes.

        Unit tests run when the project or ClickHouse changed since they last passed: they look at no data, so they
        would say the same again, and they take longer than all the rest.
        Raises BuildFailed, LockBusy, WarehouseAway, or WarehouseRefused.
        """
        with (
            build_lock(self._home),
            Warehouse(self._settings) as warehouse,
        ):
            stamp = f"{self._project.digest} {warehouse.value('SELECT version()')}"
            passed = self._home.dbt_dir / "unit_tests_passed"
            has_passed = passed.exists() and passed.read_text() == stamp
            skipped = ["--exclude-resource-type", "unit_test"] if has_passed else []
            outcome = yield from self._build(context, warehouse, skipped)
            if outcome.reasons or (outcome.code and not outcome.failed_tests):
                log = self._home.dbt_dir / "logs" / "dbt.log"
                raise BuildFailed(outcome.reasons or [f"dbt ended with exit code {outcome.code}"], log)
            if not outcome.code and not has_passed and not context.is_subset:
                passed.write_text(stamp)

    def _build(
        self, context: dg.AssetExecutionContext, warehouse: Warehouse, arguments: Sequence[str]
    ) -> Generator[Any, None, _Outcome]:
        selection, indirect = get_subset_selection_for_context(
            context=context,
            manifest=self._project.manifest,
            select=None,
            exclude=None,
            selector=None,
            dagster_dbt_translator=self._translator,
            current_dbt_indirect_selection_env=None,
        )
        environment = dbt_environment(self._settings, self._home) | {"DBT_TARGET_PATH": str(self._project.target)}
        if indirect:
            environment["DBT_INDIRECT_SELECTION"] = indirect
        outcome = _Outcome()
        # Nobody reads the files that dbt would write of its project and its results: a second of every build.
        events = run_dbt(["build", "--no-write-json", *arguments, *selection], environment)
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                outcome.code = end.value
                return outcome
            _note_failure(event, outcome)
            for result in DbtCoreCliEventMessage(event, {}).to_default_asset_events(
                self._project.manifest, self._translator, context
            ):
                yield self._enrich(result, event["data"]["node_info"]["unique_id"], warehouse)

    def _enrich(self, result: Any, unique_id: str, warehouse: Warehouse) -> Any:
        """The number of rows of a table that was built; where to look when a test failed."""
        if isinstance(result, dg.Output):
            node = self._project.manifest["nodes"][unique_id]
            if node["config"]["materialized"] == "view":
                return result
            rows = count_rows(warehouse, node["schema"], node["alias"])
            return result.with_metadata({**result.metadata, "dagster/row_count": rows})
        if isinstance(result, dg.AssetCheckResult) and not result.passed:
            return result._replace(description=self._explain(result, unique_id))
        return result

    def _explain(self, result: dg.AssetCheckResult, unique_id: str) -> str:
        node = self._project.manifest["nodes"][unique_id]
        sql = self._project.target / "compiled" / node["package_name"] / node["original_file_path"]
        if sql.suffix != ".sql":
            sql /= node["path"]
        found = (result.metadata or {}).get("dagster_dbt/failed_row_count")
        rows = found.value if isinstance(found, dg.IntMetadataValue) else None
        what = f"finds {rows} row{'' if rows == 1 else 's'}" if rows else "could not run"
        return f"{what}; its query is {sql}"


def _note_failure(event: dict[str, Any], outcome: _Outcome) -> None:
    name, node = event["info"]["name"], event["data"].get("node_info", {})
    unique_id = node.get("unique_id", "")
    is_test = unique_id.startswith("test.")
    if name == "LogTestResult" and is_test and node["node_status"] in {"fail", "error"}:
        outcome.failed_tests += 1
    elif name == "RunResultError" and not is_test:
        kind, _, rest = unique_id.partition(".")
        outcome.reasons.append(f"{kind.replace('_', ' ')} {rest.partition('.')[2]}: {_one_line(event['data']['msg'])}")
    elif name in {"MainEncounteredError", "Text"} and event["info"]["msg"].strip():
        outcome.reasons.append(_one_line(event["info"]["msg"]))


def _one_line(text: str) -> str:
    """dbt's messages are indented over several lines."""
    return " ".join(text.split())[:500]
