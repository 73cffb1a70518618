"""`make bench-models ROWS=10000000`: what the models cost, built at once and built when a little is new.

Writes build/bench-models.json: seconds and peak memory by model and build, and the ratios below against their goals.
Seconds of a build are those from its first model's start to its last one's end: dbt's own start-up is left out, its
work between models is in. CPU seconds are ClickHouse's alone, and hardly depend on what else the machine does.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli.services import PROJECT
from headwater.warehouse.client import Warehouse
from tests.benchmarks.figures import Figure, print_figures
from tests.benchmarks.model_events import DAYS, LAST_DAY, make_events, make_sites
from tests.benchmarks.session_statements import BARE, BY_ARRAYS, BY_WINDOWS, hash_of
from tests.dbt_project.project import Project, warehouse

GIBIBYTE = 2**30
ROUNDS = 3
HISTORIES = (3, 9, DAYS)
"""Days of history at which the same new events are built: a tenth, three tenths and all of it."""

OUT = Path("build/bench-models.json")


@dataclass(frozen=True, slots=True)
class Build:
    """One `dbt run`. ``models``: by name, ClickHouse's seconds and peak memory in bytes over its statements."""

    name: str
    history_rows: int
    new_rows: int
    seconds: float
    models: dict[str, dict[str, float]]

    @property
    def cpu_seconds(self) -> float:
        return sum(model["cpu_seconds"] for model in self.models.values())

    @property
    def peak_bytes(self) -> float:
        return max(model["peak_bytes"] for model in self.models.values())


class Bench:
    """A warehouse that grows, and the builds made of it."""

    def __init__(self, client: Warehouse, project: Project, rows: int, select: list[str]) -> None:
        self.builds: list[Build] = []
        self._client, self._project, self._select = client, project, select
        self._landed = self._days = 0
        self._visitors = max(rows // 20, 1)
        self._minutes = 0

    def grow(self, rows: int, days: int) -> None:
        """Land history until there are so many rows of so many days in all, each loaded as it happened."""
        make_events(
            self._client,
            self._landed,
            rows - self._landed,
            self._visitors,
            f"{self._days} + intDiv(chance, 3) % {days - self._days}",
        )
        self._landed, self._days = rows, days

    def land(self, rows: int, late_rows: int = 0) -> int:
        """Land new events of the last day, and late ones of any day, an hour after the last. Returns their number."""
        self._minutes += 60
        loaded_at = f"toDateTime64('{LAST_DAY} 23:59:59.000', 3, 'UTC') + interval {self._minutes} minute"
        for count, day in ((rows, "0"), (late_rows, f"1 + intDiv(chance, 3) % {DAYS - 1}")):
            make_events(self._client, self._landed, count, self._visitors, day, loaded_at)
            self._landed += count
        return rows + late_rows

    def build(self, name: str, new_rows: int = 0, *arguments: str) -> Build:
        began = self._client.value("SELECT now64(6)")
        results = self._project.dbt("run", *self._select, *arguments)
        moments = [
            moment
            for result in results
            for timing in result.timing
            for moment in (timing.started_at, timing.completed_at)
        ]
        build = Build(
            name=name,
            history_rows=self._landed - new_rows,
            new_rows=new_rows,
            seconds=(max(moments) - min(moments)).total_seconds(),
            models=self._statements(began),
        )
        self.builds.append(build)
        print(
            f"  {name}: {build.seconds:.1f} s, ClickHouse's CPU {build.cpu_seconds:.1f} s,"
            f" peak {build.peak_bytes / GIBIBYTE:.2f} GiB",
            flush=True,
        )
        return build

    def _statements(self, began: Any) -> dict[str, dict[str, float]]:
        self._client.command("SYSTEM FLUSH LOGS")
        rows = self._client.rows(
            'SELECT extract(query, \'"node_id": "model[.]headwater[.](\\\\w+)"\') AS model,'
            " sum(query_duration_ms) / 1000 AS seconds,"
            " sum(ProfileEvents['OSCPUVirtualTimeMicroseconds']) / 1e6 AS cpu_seconds,"
            " max(memory_usage) AS peak FROM system.query_log WHERE type = 'QueryFinish' AND model != ''"
            " AND event_time_microseconds >= {began:DateTime64(6)} GROUP BY model ORDER BY seconds DESC",
            {"began": began},
        )
        return {
            row["model"]: {"seconds": row["seconds"], "cpu_seconds": row["cpu_seconds"], "peak_bytes": row["peak"]}
            for row in rows
        }


def measure(rows: int, folder: Path, select: list[str]) -> tuple[list[Build], list[Figure]]:
    """All builds, and the figures of the goals."""
    with warehouse(folder) as client:
        make_sites(client)
        project = Project(PROJECT / "dbt_project")
        project.dbt("seed")
        bench = Bench(client, project, rows, select)
        full, growth = None, []
        for days in HISTORIES:
            size = rows * days // DAYS
            print(f"{size:,} events of {days} days", flush=True)
            bench.grow(size, days)
            full = bench.build(f"full, {size} rows", 0, "--full-refresh")
            growth.append(bench.build(f"as much new, {size} rows", bench.land(rows // 1000)))
        today = bench.build("1 % new, all today", bench.land(rows // 100))
        mixed = bench.build("1 % new, a tenth of it late", bench.land(rows * 9 // 1000, rows // 1000))
        nothing = bench.build("nothing new")
        figures = [*_shares(full, today, mixed, nothing, growth), *_session_ratios(client)]
    return bench.builds, figures


def _shares(full: Build | None, today: Build, mixed: Build, nothing: Build, growth: list[Build]) -> list[Figure]:
    assert full is not None
    peak = max(build.peak_bytes for build in (full, today, mixed)) / GIBIBYTE
    return [
        Figure("today's events, share of a full build", [today.seconds / full.seconds], 0.05, at_least=False),
        Figure("the same, ClickHouse's CPU", [today.cpu_seconds / full.cpu_seconds], 0.05, at_least=False),
        Figure(
            "late events in every partition, share of a full build",
            [mixed.seconds / full.seconds],
            1.02,
            at_least=False,
            note=f"k = n = {DAYS}",
        ),
        Figure("nothing new, share of a full build", [nothing.seconds / full.seconds], None, at_least=False),
        Figure(
            "as much new on 10 times the history",
            [growth[-1].cpu_seconds / growth[0].cpu_seconds],
            None,
            at_least=False,
            note="CPU seconds: " + ", ".join(f"{build.cpu_seconds:.2f}" for build in growth),
        ),
        Figure("peak memory of a statement", [peak], 4, unit="GiB", at_least=False),
    ]


def _session_ratios(client: Warehouse) -> list[Figure]:
    """Interleaved, so that the machine's moods fall on all alike."""
    insert = client.value(
        "SELECT query FROM system.query_log WHERE type = 'QueryFinish' AND query_kind = 'Insert'"
        " AND query LIKE '%int_sessions_dated__next%' AND query LIKE '%arraySplit%'"
        " ORDER BY event_time_microseconds DESC LIMIT 1"
    )
    hashes = {statement: client.value(hash_of(statement)) for statement in (BY_ARRAYS, BY_WINDOWS)}
    if len(set(hashes.values())) != 1:
        raise AssertionError("sessions by arrays and by window functions differ")
    bare, built, arrays, windows = [], [], [], []
    for _ in range(ROUNDS):
        bare.append(_seconds(lambda: client.value(BARE)))
        client.command("DROP TABLE IF EXISTS intermediate.int_sessions_dated__next SYNC")
        client.command("CREATE TABLE intermediate.int_sessions_dated__next AS intermediate.int_sessions_dated")
        built.append(_seconds(lambda: client.command(insert)))
        arrays.append(_seconds(lambda: client.value(hash_of(BY_ARRAYS))))
        windows.append(_seconds(lambda: client.value(hash_of(BY_WINDOWS))))
    client.command("DROP TABLE intermediate.int_sessions_dated__next SYNC")
    return [
        Figure(
            "sessions in whole / a bare GROUP BY visitor",
            [full / least for full, least in zip(built, bare, strict=True)],
            4,
            at_least=False,
            note=f"{statistics.median(built):.1f} s / {statistics.median(bare):.1f} s",
        ),
        Figure(
            "sessions by window functions / by arrays",
            [slow / fast for slow, fast in zip(windows, arrays, strict=True)],
            3,
            note="same hash, one site of five",
        ),
    ]


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.models", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="events at the largest size")
    parser.add_argument("--select", nargs="*", default=[], help="dbt's selection of models; all without one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        builds, figures = measure(options.rows, Path(folder), ["--select", *options.select] if options.select else [])
    OUT.parent.mkdir(exist_ok=True)
    report = {
        "rows": options.rows,
        "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures],
        "builds": [asdict(build) | {"cpu_seconds": build.cpu_seconds} for build in builds],
    }
    OUT.write_text(json.dumps(report, indent=2, default=float) + "\n")
    print_figures(figures)
    print(f"written to {OUT}")


if __name__ == "__main__":
    main()
