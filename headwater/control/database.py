"""Opening the control database: SQLite in WAL mode or PostgreSQL, at the schema this program knows."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from headwater.control.errors import ControlUnavailable

HEAD = "0005"
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
        with _connect(engine).execution_options(**READ_ONLY) as connection:
            revision = _read_revision(connection)
        if revision != HEAD:
            _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        raise ControlUnavailable(f"the control database cannot be opened: {_reason(error)}") from error
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def control_errors() -> Iterator[None]:
    """Around work in a session: what the database or the way to it cannot do raises ControlUnavailable, in one line."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise ControlUnavailable(f"the control database does not answer: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What the driver said, in one line. pg8000 gives PostgreSQL's answer as a dictionary; ``M`` is the message."""
    cause = getattr(error, "orig", None) or error
    said = cause.args[0] if cause.args else cause
    text = said.get("M", said) if isinstance(said, dict) else cause
    return " ".join(str(text).split())[:300]


def _create_engine(url: str) -> Engine:
    try:
        address: URL = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ControlUnavailable("HEADWATER_CONTROL_URL is not a SQLAlchemy URL, as in postgresql://host/db") from error
    backend = address.get_backend_name()
    if backend not in ("sqlite", "postgres", "postgresql"):
        raise ControlUnavailable(
            f"HEADWATER_CONTROL_URL names {backend!r}; the control database is SQLite or PostgreSQL, as in "
            "postgresql://host/db"
        )
    if backend != "sqlite" and "+" not in address.drivername:
        address = address.set(drivername="postgresql+pg8000")
    try:
        return _sqlite_engine(address) if backend == "sqlite" else _postgresql_engine(address)
    except (ImportError, NoSuchModuleError) as error:
        raise ControlUnavailable(
            f"HEADWATER_CONTROL_URL asks for the driver {address.drivername!r}, which is not installed; "
            "sqlite:/// and postgresql:// have theirs"
        ) from error


def _connect(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except TypeError as error:
        # Drivers take a URL's options as keywords.
        raise ControlUnavailable(f"HEADWATER_CONTROL_URL has an option its driver does not know: {error}") from error


def _postgresql_engine(address: URL) -> Engine:
    if address.username is None:
        # As PostgreSQL's own programs do; pg8000 has no such default.
        try:
            address = address.set(username=getpass.getuser())
        except (KeyError, OSError) as error:
            raise ControlUnavailable("HEADWATER_CONTROL_URL names no user, as in postgresql://user@host/db") from error
    # Without a limit, a database behind a broken network would stop the loader for as long as TCP waits.
    limit = {"timeout": _WAIT_SECONDS} if address.drivername == "postgresql+pg8000" else {}
    engine = create_engine(address, pool_pre_ping=True, connect_args=limit)
    engine.dialect.do_ping = partial(_ping, engine.dialect.do_ping)  # type: ignore[method-assign]
    event.listen(engine, "handle_error", _name_network_error)
    return engine


def _ping(ping: Callable[[DBAPIConnection], bool], connection: DBAPIConnection) -> bool:
    # pg8000 lets a connection's reset through as it is, which SQLAlchemy would not take for a lost connection.
    try:
        return ping(connection)
    except OSError:
        return False


def _name_network_error(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, OSError):
        context.is_disconnect = True
        raise OperationalError(context.statement, None, error) from error


def _sqlite_engine(address: URL) -> Engine:
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
