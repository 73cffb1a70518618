"""Opening the control database: SQLite in WAL mode or PostgreSQL, at the schema this program knows."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from headwater.control.errors import ControlUnavailable

HEAD = "0003"
"""The newest migration. Written here so that a database at this revision is opened without importing Alembic; a test
holds it against the migrations."""

MIGRATIONS = Path(__file__).with_name("migrations")

READ_ONLY = {"sqlite_begin": "BEGIN DEFERRED"}
"""Execution options of a transaction that only reads: on SQLite it then waits for no writer."""

_MIGRATION_LOCK = 0x68776D67
_WAIT_SECONDS = 15


def open_control(url: str) -> sessionmaker[Session]:
    """Open the database at a SQLAlchemy URL and bring its schema up to date. SQLite's directory is made if absent.

    Several processes may do this at the same time. Raises ControlUnavailable.
    """
    try:
        engine = _create_engine(url)
        with engine.connect().execution_options(**READ_ONLY) as connection:
            revision = _read_revision(connection)
        if revision != HEAD:
            _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise ControlUnavailable(f"the control database cannot be opened: {cause}") from error
    return sessionmaker(engine, expire_on_commit=False)


def _create_engine(url: str) -> Engine:
    try:
        address: URL = make_url(url)
    except ArgumentError as error:
        raise ControlUnavailable("HEADWATER_CONTROL_URL is not a SQLAlchemy URL, as in postgresql://host/db") from error
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+pg8000")
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:
    # The driver's own transactions leave DDL outside: they are begun by hand below.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails when another wrote in between, so it locks from the start.
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))


def _read_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise ControlUnavailable(
                f"the control database is at revision {_read_revision(connection)}, which this program does not know; "
                "run the newer Headwater that wrote it"
            ) from error
