"""`make prove`: models built batch by batch are, row for row, the models built at once.

Every seed is an organization of its own, so that one build after each batch serves all seeds. Prints one line, and the
first rows that differ; exits with 1 if any do.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.services import PROJECT, clickhouse_service
from cli.supervisor import Supervisor
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from tests.conftest import unused_port
from tests.dbt_project.worlds import Batch, World, json_lines, make_world

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

BATCHES = 6
FIRST_MODELS = ("stg_events__receipts", "int_visitors_first_seen")
PARTLY_BUILT = 2
"""After this batch only the first models are built, so that the others have two batches to catch up with."""


class BuildFailed(Exception):
    """dbt did not build what it was asked to."""


class Project:
    """The dbt project, parsed once and run many times in this process."""

    def __init__(self, folder: Path) -> None:
        from dbt.cli.main import dbtRunner

        self._folder = folder
        self._manifest: Manifest = self._invoke(dbtRunner(), "parse")

    def dbt(self, *arguments: str) -> None:
        """Raises BuildFailed."""
        from dbt.cli.main import dbtRunner

        # dbt keeps compiled text in the manifest, and the text of the next build is another.
        self._invoke(dbtRunner(manifest=self._manifest.deepcopy()), *arguments)

    def tables(self) -> list[str]:
        """All models that are stored, as `database.table`."""
        return sorted(
            f"{node.schema}.{node.alias}"
            for node in self._manifest.nodes.values()
            if node.resource_type == "model" and node.config.materialized in ("partitions", "table")
        )

    def _invoke(self, runner: Any, *arguments: str) -> Any:
        paths = ["--project-dir", str(self._folder), "--profiles-dir", str(self._folder)]
        done = runner.invoke([*arguments, *paths, "--quiet", "--no-use-colors"])
        if not done.success:
            raise BuildFailed(f"dbt {' '.join(arguments)} failed") from done.exception
        return done.result


@contextmanager
def warehouse(folder: Path) -> Iterator[Warehouse]:
    """An embedded ClickHouse with the raw tables, which dbt in this process talks to."""
    settings = WarehouseSettings(port=unused_port(), url=None)
    os.environ |= {
        "HEADWATER_DBT_PORT": str(settings.port),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    server = {"HEADWATER_HOME": str(folder / "home"), "HEADWATER_CLICKHOUSE_PORT": str(settings.port)}
    supervisor = Supervisor(folder / "logs")
    try:
        supervisor.start(replace(clickhouse_service(settings), environment=server))
        with Warehouse(settings) as client:
            apply_schema(client)
            yield client
    finally:
        supervisor.stop()


def load(client: Warehouse, worlds: Sequence[World], number: int) -> None:
    """Make a batch of all worlds visible, and the sites as they are then."""
    batches = [world.batches[number] for world in worlds]
    everything = Batch(
        [row for batch in batches for row in batch.events],
        [row for batch in batches for row in batch.rejected],
        [row for batch in batches for row in batch.segments],
    )
    for table, rows in (
        ("raw_events.events", everything.events),
        ("raw_events.rejected_events", everything.rejected),
        ("raw_events.landing_segments", everything.segments),
    ):
        client.command(f"INSERT INTO {table} FORMAT JSONEachRow\n{json_lines(rows)}")
    sites = [
        {"org_id": world.org_id, "id": site, "name": site, "timezone": zones[number], "created_ms": 0}
        for world in worlds
        for site, zones in world.zones.items()
        if zones[number]
    ]
    client.command("TRUNCATE TABLE raw_control.sites")
    client.command(f"INSERT INTO raw_control.sites FORMAT JSONEachRow\n{json_lines(sites)}")


def differences(client: Warehouse, table: str, full: str) -> list[dict[str, Any]]:
    """Rows that one of two tables has more often than the other. ``missing``: how often more the second has it."""
    return client.rows(
        f"SELECT sum(sign) AS missing, any(line) AS line FROM ("
        f"SELECT sipHash128(*) AS hash, -1 AS sign, toString(tuple(*)) AS line FROM {table} UNION ALL "
        f"SELECT sipHash128(*), 1, toString(tuple(*)) FROM {full}"
        ") GROUP BY hash HAVING missing != 0 ORDER BY line"
    )


def assert_nothing_was_rebuilt(client: Warehouse) -> None:
    """Raises BuildFailed if a model was built at once after the first batch: that would prove nothing."""
    rebuilt = client.rows("SELECT DISTINCT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    if rebuilt:
        raise BuildFailed(f"built at once, and not batch by batch: {rebuilt}")


def prove(seeds: Sequence[int], folder: Path, project_folder: Path) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Number of models compared, and the rows that differ by model."""
    worlds = [make_world(seed, BATCHES) for seed in seeds]
    with warehouse(folder) as client:
        project = Project(project_folder)
        project.dbt("seed")
        for number in range(BATCHES):
            load(client, worlds, number)
            project.dbt("run", *(("--select", *FIRST_MODELS) if number == PARTLY_BUILT else ()))
        assert_nothing_was_rebuilt(client)
        tables = project.tables()
        client.command("CREATE DATABASE batchwise")
        for table in tables:
            client.command(f"CREATE TABLE batchwise.{table.replace('.', '__')} CLONE AS {table}")
        project.dbt("run", "--full-refresh")
        found = {table: differences(client, f"batchwise.{table.replace('.', '__')}", table) for table in tables}
        return len(tables), {table: rows for table, rows in found.items() if rows}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dbt_project.prove", description=__doc__)
    parser.add_argument("--seeds", type=int, default=25, help="number of seeds, from --first on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--project", type=Path, default=PROJECT / "dbt_project", help="folder of the dbt project")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-prove-") as folder:
        models, found = prove(range(options.first, options.first + options.seeds), Path(folder), options.project)
    for table, rows in found.items():
        print(f"{table}: {len(rows)} rows differ, as in")
        for row in rows[:4]:
            print(f"  {row['missing']:+d} {row['line']}")
    count = sum(map(len, found.values()))
    print(f"incremental == full refresh: {options.seeds} seeds, {models} models, {count} differences")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
