"""A warehouse of the models' own, and dbt run against it. Its raw tables hold only what these tests put there."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from cli.services import PROJECT, clickhouse_service
from cli.supervisor import Supervisor, unused_port
from headwater.file_lock import file_lock
from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from tests.dbt_project import journeys
from tests.dbt_project.billing import Business
from tests.dbt_project.bookkeeping import build, open_everything
from tests.dbt_project.books import Books
from tests.dbt_project.project import SMALL_SCALE, make_databases, usual_address
from tests.dbt_project.quotas import QUOTAS, quota_rows

OPTIONS = (
    *("--project-dir", str(PROJECT / "dbt_project"), "--profiles-dir", str(PROJECT / "dbt_project")),
    *("--vars", json.dumps(SMALL_SCALE), "--quiet", "--no-use-colors", "--no-write-json", "--log-level-file", "none"),
)

PARSED = "HEADWATER_TESTS_PARSED"
"""Environment variable: where workers share what dbt parsed."""

Prove = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a dbt command. ``statuses``: by model or test its status, such as pass or fail."""

    returncode: int
    stdout: str
    statuses: dict[str, str]


@dataclass(frozen=True, slots=True)
class Models:
    """The dbt project with a warehouse behind it. ``target`` holds what dbt writes."""

    client: Warehouse
    settings: WarehouseSettings
    target: Path
    environment: dict[str, str]

    def dbt(self, *arguments: str) -> Ran:
        """Run dbt in this process: to start it and read the project takes ten seconds, each time.

        ``arguments``: the command, as in `docs generate`, and its options. ``--vars`` among them stand in for
        `SMALL_SCALE`.
        """
        from dbt.cli.main import dbtRunner

        said: list[str] = []

        def hear(event: Any) -> None:
            if event.info.level != "debug":
                said.append(event.info.msg)

        manifest = parse_project()
        command = list(takewhile(lambda word: not word.startswith("-"), arguments))
        before = dict(os.environ)
        os.environ |= self.environment
        make_databases(self.client)
        try:
            done = dbtRunner(manifest=manifest.deepcopy(), callbacks=[hear]).invoke(
                [*command, *OPTIONS, *arguments[len(command) :]]
            )
        finally:
            os.environ.clear()
            os.environ.update(before)
        statuses = {result.node.name: str(result.status) for result in getattr(done.result, "results", ())}
        return Ran(0 if done.success else 1, "\n".join([*said, str(done.exception or "")]), statuses)

    @contextmanager
    def of_organization(self, org_id: str) -> "Iterator[Models]":
        """The same, with a client that sees the rows of one organization alone."""
        tables = self.client.query("SELECT database, table FROM system.columns WHERE name = 'org_id'")[1]
        condition = f"org_id = \\'{org_id}\\'"
        filters = ", ".join(f"'{database}.{table}': '{condition}'" for database, table in tables)
        with Warehouse(self.settings, query_settings={"additional_table_filters": f"{{{filters}}}"}) as client:
            yield replace(self, client=client)

    def insert(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """Put rows into a raw table."""
        lines = "\n".join(json.dumps(row) for row in rows)
        self.client.command(f"INSERT INTO {table} FORMAT JSONEachRow\n{lines}")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with serve_models(tmp_path_factory.mktemp("models")) as models:
        yield models


@cache
def parse_project() -> Any:
    """dbt's manifest of the project as it is: made once by a process, of what the first of all workers parsed."""
    from dbt.cli.main import dbtRunner

    parsed = Path(os.environ[PARSED])
    with TemporaryDirectory() as folder, usual_address(), file_lock(parsed.with_suffix(".lock"), "parsing", 300):
        known = ("--partial-parse-file-path", str(parsed)) if parsed.exists() else ()
        done = dbtRunner().invoke(["parse", *OPTIONS, "--target-path", folder, *known])
        assert done.success, done.exception
        if not known:
            shutil.copyfile(Path(folder) / "partial_parse.msgpack", parsed)
    return done.result


@pytest.fixture(scope="session", autouse=True)
def parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt's partial parse of the project lies, once one has been made; the same for all workers."""
    folder = tmp_path_factory.getbasetemp()
    path = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "partial_parse.msgpack"
    os.environ[PARSED] = str(path)
    return path


@pytest.fixture(scope="session")
def partial_parse(parsed_once: Path) -> Path:
    """dbt's partial parse of the project as it is: whoever changes a copy of it parses only what they changed."""
    parse_project()
    return parsed_once


@pytest.fixture(scope="session")
def run_proof(partial_parse: Path) -> Prove:
    """Runs `python -m tests.dbt_project.prove …`."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "tests.dbt_project.prove", *arguments, "--parsed", str(partial_parse)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@contextmanager
def serve_models(folder: Path) -> Iterator[Models]:
    """A warehouse with empty raw tables, for the time of the context."""
    settings = WarehouseSettings(port=unused_port(), url=None)
    server = {"HEADWATER_HOME": str(folder / "home"), "HEADWATER_CLICKHOUSE_PORT": str(settings.port)}
    dbt = {
        "HEADWATER_DBT_PORT": str(settings.port),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    supervisor = Supervisor(folder / "logs")
    try:
        supervisor.start(replace(clickhouse_service(settings), environment=server))
        with Warehouse(settings) as client:
            apply_schema(client)
            yield Models(client, settings, folder / "target", dbt)
    finally:
        supervisor.stop()


@pytest.fixture(scope="session")
def known() -> dict[str, dict[str, str]]:
    """Known sources of traffic, by name."""
    with (PROJECT / "dbt_project" / "seeds" / "traffic_sources.csv").open() as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="session")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """Every model built once on the journeys of all seeds, in two loads. Tests only read it."""
    with serve_models(tmp_path_factory.mktemp("walks")) as models:
        tables: dict[str, list[dict[str, Any]]] = {
            "organizations": [{"id": journeys.ORG, "name": "Walks", "created_at": journeys.clock(0)}],
            "quotas": quota_rows(journeys.ORG, QUOTAS),
        }
        for seed in journeys.SEEDS:
            site_id, zone = journeys.make_site(seed)
            site = {"id": site_id, "org_id": journeys.ORG, "name": site_id, "timezone": zone}
            tables.setdefault("sites", []).append(site | {"hosts": ["shop.example"], "created_at": journeys.clock(0)})
            for table, definitions in (
                ("goals", journeys.GOALS),
                ("funnels", journeys.FUNNELS),
                ("cohorts", journeys.COHORTS),
                ("channel_rules", journeys.RULES if seed % 2 == 0 else {}),
                ("segments", journeys.SEGMENTS),
            ):
                tables.setdefault(table, []).extend(journeys.definition_rows(site_id, definitions))
        for table, rows in tables.items():
            models.insert(f"raw_control.{table}", rows)
        rows = [journeys.event_row(event, number) for number, event in enumerate(journeys.all_events())]
        models.insert("raw_events.events", rows[::2])
        models.insert("raw_events.events", rows[1::2])
        segment = {"collector_id": "walks", "first_sequence": 0, "last_sequence": len(rows) - 1, "events": len(rows)}
        models.insert("raw_events.landing_segments", [segment])
        for seed in journeys.SEEDS[:3]:
            for table, stripe_rows in sell_to_visitors(seed).rows.items():
                models.insert(table, stripe_rows)
        done = models.dbt("build", "--exclude-resource-type", "unit_test")
        assert done.returncode == 0, done.stdout
        yield models


@pytest.fixture(scope="session")
def earnings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """The revenue models of all businesses, built at once. Tests only read them, by `of_organization`."""
    with serve_models(tmp_path_factory.mktemp("earnings")) as models:
        open_everything(models)
        build(models)
        yield models


def sell_to_visitors(seed: int) -> Books:
    """A business of the site, where some visitors pay an invoice a minute after a session of theirs began."""
    site_id, _ = journeys.make_site(seed)
    business = Business(journeys.ORG, site_id, seed)
    sessions = [one for one in journeys.split_sessions(journeys.make_events(seed)) if one.first.visitor_id]
    for session in [one for one in sessions if not one.first.is_bot][:9]:
        paid_at, invoice = session.first.occurred_ms // 1000 + 60, business.name("in")
        value = {"id": invoice, "object": "invoice", "created": paid_at, "subscription": business.name("sub")}
        business.books.list_object(value, paid_at)
        metadata = {"headwater_visitor_id": session.first.visitor_id}
        business.sell(None, "usd", paid_at, invoice=invoice, metadata=metadata)
    business.books.rows["raw_control.stripe_connections"] = [business.books.whose | {"created_at": journeys.clock(0)}]
    return business.books
