"""One `dbt run` as it is measured: what each model's statements cost ClickHouse, and how long all of it took."""

from dataclasses import dataclass
from typing import Any

from headwater.warehouse.client import Warehouse
from tests.dbt_project.project import Project

GIBIBYTE = 2**30


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


def measure_build(
    client: Warehouse, project: Project, name: str, history_rows: int, new_rows: int, *arguments: str
) -> Build:
    """Run dbt with these arguments, and print what it took."""
    began = client.value("SELECT now64(6)")
    results = project.dbt("run", *arguments)
    moments = [
        moment for result in results for timing in result.timing for moment in (timing.started_at, timing.completed_at)
    ]
    build = Build(
        name=name,
        history_rows=history_rows,
        new_rows=new_rows,
        seconds=(max(moments) - min(moments)).total_seconds(),
        models=_statements(client, began),
    )
    print(
        f"  {name}: {build.seconds:.1f} s, ClickHouse's CPU {build.cpu_seconds:.1f} s,"
        f" peak {build.peak_bytes / GIBIBYTE:.2f} GiB",
        flush=True,
    )
    return build


def _statements(client: Warehouse, began: Any) -> dict[str, dict[str, float]]:
    client.command("SYSTEM FLUSH LOGS")
    rows = client.rows(
        'SELECT extract(query, \'"node_id": "model[.]headwater[.](\\\\w+)"\') AS model,'
        " sum(query_duration_ms) / 1000 AS seconds,"
        # A DELETE waits for another thread, whose CPU no log names: it is less than what the statement takes.
        " sum(if(query_kind = 'Delete', 1000 * query_duration_ms, ProfileEvents['OSCPUVirtualTimeMicroseconds'])) / 1e6"
        " AS cpu_seconds,"
        " max(memory_usage) AS peak FROM system.query_log WHERE type = 'QueryFinish' AND model != ''"
        " AND event_time_microseconds >= {began:DateTime64(6)} GROUP BY model ORDER BY seconds DESC",
        {"began": began},
    )
    return {
        row["model"]: {"seconds": row["seconds"], "cpu_seconds": row["cpu_seconds"], "peak_bytes": row["peak"]}
        for row in rows
    }
