"""Keeps ``raw_control`` a copy of the control database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session, sessionmaker

from headwater.control import (
    READ_ONLY,
    ControlUnavailable,
    Organization,
    SavedChannelRule,
    SavedCohort,
    SavedDefinition,
    SavedFunnel,
    SavedGoal,
    SavedQuota,
    SavedSegment,
    Site,
    StripeConnection,
    control_errors,
    list_definitions,
    list_organizations,
    list_quotas,
    list_sites,
    list_stripe_connections,
    open_control,
)
from headwater.settings import ControlSettings, HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.pipeline import LoadFailed, SourcePipeline

_COLUMNS = {
    "organizations": ("id", "name", "created_at"),
    "sites": ("id", "org_id", "name", "hosts", "timezone", "created_at"),
    "stripe_connections": ("site_id", "org_id", "livemode", "created_at"),
    "quotas": ("id", "org_id", "name", "definition", "created_at"),
}
_DEFINITIONS: dict[str, type[SavedDefinition]] = {
    "goals": SavedGoal,
    "funnels": SavedFunnel,
    "cohorts": SavedCohort,
    "channel_rules": SavedChannelRule,
    "segments": SavedSegment,
}
_COLUMNS |= dict.fromkeys(_DEFINITIONS, ("id", "org_id", "site_id", "name", "definition", "created_at"))
_KEYS = {table: ("site_id", "id") if table in _DEFINITIONS else ("id",) for table in _COLUMNS}
_KEYS["stripe_connections"] = ("site_id",)
_KEYS["quotas"] = ("org_id", "id")

_Rows = dict[str, list[dict[str, Any]]]


class ControlLoader:
    """Copies organizations, sites and what is theirs whenever they differ. For one thread, under the load lock."""

    def __init__(self, home: HomeSettings, warehouse: WarehouseSettings, control: ControlSettings) -> None:
        self._warehouse = warehouse
        self._url = control.database_url(home)
        self._sessions: sessionmaker[Session] | None = None
        self._pipeline = SourcePipeline(home, warehouse, "control", "raw_control")
        self._folder = home.dlt_dir / "control"
        self._copied: _Rows | None = None

    def load(self) -> bool:
        """Make ``raw_control`` equal to the control database; return whether it was not.

        A reader sees a table as it was before or as it is after. Raises ControlUnavailable, WarehouseAway,
        WarehouseRefused, or LoadFailed.
        """
        rows = self._read_control()
        if rows == self._copied:
            return False
        differs = rows != self._read_warehouse()
        if differs:
            self._replace(rows)
        self._copied = rows
        return differs

    def forget(self) -> None:
        """Look at the warehouse again next time: it may be another one."""
        self._copied = None

    def _read_control(self) -> _Rows:
        try:
            with control_errors():
                return self._read_tables()
        except ControlUnavailable:
            # What answers next may be another database, or the same one at another revision.
            self._close()
            raise

    def _close(self) -> None:
        if self._sessions is not None:
            self._sessions.kw["bind"].dispose()
            self._sessions = None

    def _read_tables(self) -> _Rows:
        if self._sessions is None:
            self._sessions = open_control(self._url)
        with self._sessions() as session:
            session.connection(execution_options=READ_ONLY)
            found: dict[str, Sequence[Organization | Site | StripeConnection | SavedQuota | SavedDefinition]] = {
                "organizations": list_organizations(session),
                "sites": list_sites(session),
                "stripe_connections": list_stripe_connections(session),
                "quotas": list_quotas(session),
            }
            for table, model in _DEFINITIONS.items():
                found[table] = list_definitions(session, model)
        return {
            table: _in_order(
                table, ({column: _plain(getattr(row, column)) for column in _COLUMNS[table]} for row in rows)
            )
            for table, rows in found.items()
        }

    def _read_warehouse(self) -> _Rows:
        with Warehouse(self._warehouse) as warehouse:
            return {
                table: _in_order(
                    table,
                    (
                        {column: _plain(value) for column, value in row.items()}
                        for row in warehouse.rows(f"SELECT {', '.join(columns)} FROM raw_control.{table}")
                    ),
                )
                for table, columns in _COLUMNS.items()
            }

    def _replace(self, rows: _Rows) -> None:
        from ingestion.control.source import control_tables

        files = {table: self._folder / f"{table}.jsonl" for table in rows}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for table, path in files.items():
                path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows[table]))
        except OSError as error:
            raise LoadFailed(f"the loader cannot write to {self._folder}: {error.strerror}") from error
        self._pipeline.run(lambda: control_tables(files))


def _in_order(table: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [row[column] for column in _KEYS[table]])


def _plain(value: Any) -> Any:
    """Times to the millisecond and in UTC, as text: what ClickHouse keeps of them."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return value
