"""The dbt project in this process, and a ClickHouse of its own behind it: for whoever builds it many times."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.services import clickhouse_service
from cli.supervisor import Supervisor, unused_port
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema

SMALL_SCALE = {"daily_partitions_from": "2026-09-10", "touches_at_most": 8}
"""Variables for few events over many days: most days share a partition, some are partitions of their own, and some
conversions have more touches than are kept.

A partition that is written costs 2 ms, whatever is in it, and a build of all models writes to some fifty tables.
"""


class BuildFailed(Exception):
    """dbt did not build what it was asked to."""


class Project:
    """The dbt project, parsed once and run many times in this process.

    ``parsed``: dbt's partial parse of a project that is the same but for a few files, with the same ``variables``. Only
    those are read anew: 1 s and not 7 s. ``variables``: values for the project's own, in all that is done with it.
    """

    def __init__(
        self, folder: Path, parsed: Path | None = None, variables: Mapping[str, str | int] | None = None
    ) -> None:
        from dbt.cli.main import dbtRunner

        self._folder, self._variables = folder, variables or {}
        known = ("--partial-parse-file-path", str(parsed)) if parsed else ()
        with usual_address():
            self._manifest = self._invoke(dbtRunner(), "parse", *known)

    def dbt(self, *arguments: str, **variables: str | int) -> Any:
        """What dbt's command returns: for `run` and `build` the results by node. Raises BuildFailed."""
        from dbt.cli.main import dbtRunner

        # dbt keeps compiled text in the manifest, and the text of the next build is another.
        return self._invoke(dbtRunner(manifest=self._manifest.deepcopy()), *arguments, **variables)

    def tables(self) -> list[str]:
        """All models that are stored, as `database.table`."""
        return sorted(
            f"{node.schema}.{node.alias}"
            for node in self._manifest.nodes.values()
            if node.resource_type == "model" and node.config.materialized in ("partitions", "table")
        )

    def _invoke(self, runner: Any, *arguments: str, **variables: str | int) -> Any:
        paths = ["--project-dir", str(self._folder), "--profiles-dir", str(self._folder)]
        values = ["--vars", json.dumps({**self._variables, **variables})]
        quiet = ["--quiet", "--no-use-colors", "--no-write-json", "--log-level-file", "none"]
        done = runner.invoke([*arguments, *paths, *values, *quiet])
        if not done.success:
            raise BuildFailed(f"dbt {' '.join(arguments)} failed") from done.exception
        return done.result


@contextmanager
def usual_address() -> Iterator[None]:
    """For parsing, which asks no warehouse: dbt begins anew when the address in its profile is another."""
    port = os.environ.pop("HEADWATER_DBT_PORT", None)
    try:
        yield
    finally:
        if port is not None:
            os.environ["HEADWATER_DBT_PORT"] = port


def make_databases(client: Warehouse) -> None:
    """Those of the models. dbt remembers for the life of a process which it has made, in whatever warehouse."""
    for layer in ("staging", "intermediate", "marts"):
        client.command(f"CREATE DATABASE IF NOT EXISTS {layer}")


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
            make_databases(client)
            yield client
    finally:
        supervisor.stop()
