"""`make prove`: models built batch by batch are, row for row, the models built at once.

Every seed is an organization of its own, so that one build after each batch serves all seeds. Prints one line, and the
first rows that differ; exits with 1 if any do.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.services import PROJECT
from headwater.warehouse.client import Warehouse
from tests.dbt_project.project import SMALL_SCALE, BuildFailed, Project, warehouse
from tests.dbt_project.worlds import Batch, World, json_lines, make_world

BATCHES = 6
FIRST_MODELS = ("stg_events__receipts", "int_visitors_first_seen")
PARTLY_BUILT = 2
"""After this batch only the first models are built, so that the others have two batches to catch up with."""


def load(client: Warehouse, worlds: Sequence[World], number: int) -> None:
    """Make a batch of all worlds visible, and what customers have defined by then."""
    batches = [world.batches[number] for world in worlds]
    everything = Batch(
        [row for batch in batches for row in batch.events],
        [row for batch in batches for row in batch.rejected],
        [row for batch in batches for row in batch.segments],
    )
    for batch in batches:
        for table, rows in batch.stripe.items():
            everything.stripe[table] += rows
    for table, rows in (
        ("raw_events.events", everything.events),
        ("raw_events.rejected_events", everything.rejected),
        ("raw_events.landing_segments", everything.segments),
        *everything.stripe.items(),
    ):
        # Some clocks were never set, so the rows of many worlds are of many months.
        settings = "SETTINGS max_partitions_per_insert_block = 0"
        client.command(f"INSERT INTO {table} {settings} FORMAT JSONEachRow\n{json_lines(rows)}")
    for table in worlds[0].control[number]:
        client.command(f"TRUNCATE TABLE raw_control.{table}")
        rows = [row for world in worlds for row in world.control[number][table]]
        client.command(f"INSERT INTO raw_control.{table} FORMAT JSONEachRow\n{json_lines(rows)}")


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


def assert_parts_were_linked(client: Warehouse) -> None:
    """Raises BuildFailed if every partition that lost rows was written anew: that way of replacing it was not tried."""
    client.command("SYSTEM FLUSH LOGS")
    linked = "query_kind = 'Delete' AND type = 'QueryFinish' AND query LIKE '%delete from %__next where%'"
    if not client.value(f"SELECT count() FROM system.query_log WHERE {linked}"):
        raise BuildFailed("no build has linked a partition")


def assert_nothing_is_empty(client: Warehouse, tables: Sequence[str]) -> None:
    """Raises BuildFailed if a model has no rows: there is no difference between two that have none."""
    empty = [table for table in tables if not client.value(f"SELECT count() FROM {table}")]
    if empty:
        raise BuildFailed(f"without rows, so nothing was compared: {', '.join(empty)}")


def prove(
    seeds: Sequence[int],
    folder: Path,
    project_folder: Path,
    select: Sequence[str] = (),
    parsed: Path | None = None,
    batches: int = BATCHES,
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Number of models compared, and the rows that differ by model.

    ``select``: dbt's selection; all without one. ``parsed``: what Project takes.
    """
    worlds = [make_world(seed, batches) for seed in seeds]
    with warehouse(folder) as client:
        project = Project(project_folder, parsed, SMALL_SCALE)
        project.dbt("seed")
        for number in range(batches):
            load(client, worlds, number)
            chosen = FIRST_MODELS if number == PARTLY_BUILT else select
            # Rows of a partition that stay are written anew in one build, and linked in another.
            linked = {"link_beyond_rows": 1} if number % 2 else {}
            project.dbt("run", *(("--select", *chosen) if chosen else ()), **linked)
        assert_nothing_was_rebuilt(client)
        if not select:
            assert_parts_were_linked(client)
        built = {row["name"] for row in client.rows("SELECT concat(database, '.', name) AS name FROM system.tables")}
        tables = [table for table in project.tables() if table in built]
        client.command("CREATE DATABASE batchwise")
        for table in tables:
            client.command(f"CREATE TABLE batchwise.{table.replace('.', '__')} CLONE AS {table}")
        # In several passes, which must not show either.
        third = client.value("SELECT count() FROM raw_events.events") // 3 + 1
        project.dbt("run", "--full-refresh", *(("--select", *select) if select else ()), rows_per_batch=third)
        found = {table: differences(client, f"batchwise.{table.replace('.', '__')}", table) for table in tables}
        if not any(found.values()):
            assert_nothing_is_empty(client, tables)
        return len(tables), {table: rows for table, rows in found.items() if rows}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dbt_project.prove", description=__doc__)
    parser.add_argument("--seeds", type=int, default=25, help="number of seeds, from --first on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--project", type=Path, default=PROJECT / "dbt_project", help="folder of the dbt project")
    parser.add_argument("--select", nargs="+", default=[], help="models to build and compare, as dbt selects them")
    parser.add_argument("--batches", type=int, default=BATCHES, help="builds that a world is cut into, 4 or more")
    parser.add_argument("--parsed", type=Path, help="dbt's partial parse of a project that is nearly the same")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-prove-") as folder:
        seeds = range(options.first, options.first + options.seeds)
        models, found = prove(seeds, Path(folder), options.project, options.select, options.parsed, options.batches)
    for table, rows in found.items():
        print(f"{table}: {len(rows)} rows differ, as in")
        for row in rows[:4]:
            print(f"  {row['missing']:+d} {row['line']}")
    count = sum(map(len, found.values()))
    print(f"incremental == full refresh: {options.seeds} seeds, {models} models, {count} differences")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
