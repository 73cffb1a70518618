"""dlt's own ClickHouse destination, moved to HTTP.

dlt's client of ClickHouse runs its statements over the native TCP port, which the embedded server and many firewalls
don't offer. Here they run over ClickHouse's HTTP interface, and a file is streamed to it as it is.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect import dbapi
from clickhouse_connect.dbapi.connection import Connection
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations.exceptions import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DatabaseUndefinedRelation,
)
from dlt.destinations.impl.clickhouse.clickhouse import ClickHouseClient
from dlt.destinations.impl.clickhouse.configuration import ClickHouseClientConfiguration, ClickHouseCredentials
from dlt.destinations.impl.clickhouse.factory import clickhouse
from dlt.destinations.impl.clickhouse.sql_client import ClickHouseSqlClient

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import WarehouseAway, WarehouseRefused
from ingestion.insert import insert
from ingestion.manifest import Extent, read_manifest

_SYNTAX_AND_TYPES = {44, 47, 57, 62, 82}
_NO_SUCH_TABLE = {60, 81}
_UNLISTED = "Unknown field"
"""In ClickHouse's refusal of a row with a field that is not among the columns of the INSERT."""


class _SharedConnection(Connection):
    """A DB-API connection on a client that outlives it: dlt opens ten a run, and a client costs two queries."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.timezone = client.server_tz

    def close(self) -> None:
        """The client stays open for the next connection."""


@lru_cache(maxsize=8)
def _client(address: str, user: str, password: str, database: str) -> Any:
    return clickhouse_connect.get_client(
        dsn=address,
        username=user,
        password=password,
        database=database,
        autogenerate_session_id=False,
        connect_timeout=3,
        send_receive_timeout=600,
    )


class HttpSqlClient(ClickHouseSqlClient):
    """dlt's SQL client of ClickHouse over `clickhouse_connect.dbapi`."""

    dbapi: ClassVar[Any] = dbapi

    def open_connection(self) -> Any:
        """Raises WarehouseAway when nothing answers, DatabaseTerminalException when the login is refused."""
        credentials = self.credentials
        address = _address(credentials)
        try:
            client = _client(address, credentials.username, credentials.password or "", credentials.database)
        except OperationalError as error:
            raise WarehouseAway(f"no ClickHouse answers at {address}") from error
        except ClickHouseError as error:
            raise DatabaseTerminalException(error) from error
        self._conn = _SharedConnection(client)
        return self._conn

    def insert_file(self, file_path: str, table_name: str, file_format: str, compression: str) -> Any:
        """Insert the file as it is. Returns when ClickHouse has stored its rows.

        ``compression`` is dlt's word: ``gz`` for a compressed file, anything else for one that is not.
        Raises WarehouseAway, or WarehouseRefused with ClickHouse's reason.
        """
        self._insert(table_name, (), file_format, Path(file_path), "gzip" if compression == "gz" else "")

    def _insert(
        self,
        table_name: str,
        columns: Sequence[str],
        file_format: str,
        content: Path | Sequence[Extent],
        encoding: str = "",
    ) -> None:
        database, table = self.make_qualified_table_name_path(table_name, quote=False)
        listed = f" ({', '.join(f'`{column}`' for column in columns)})" if columns else ""
        sql = f"INSERT INTO `{database}`.`{table}`{listed} FORMAT {file_format}"
        credentials = self.credentials
        user, password = credentials.username, credentials.password or ""
        insert(_address(credentials), user, password, sql, content, encoding=encoding)

    @classmethod
    def _make_database_exception(cls, ex: Exception) -> Exception:
        if not isinstance(ex, ClickHouseError):
            return ex
        if isinstance(ex, OperationalError):
            return WarehouseAway(str(ex).split("\n", 1)[0])
        code = WarehouseRefused(str(ex)).code
        if code in _NO_SUCH_TABLE:
            return DatabaseUndefinedRelation(ex)
        return DatabaseTerminalException(ex) if code in _SYNTAX_AND_TYPES else DatabaseTransientException(ex)

    @staticmethod
    def is_dbapi_exception(ex: Exception) -> bool:
        return isinstance(ex, ClickHouseError)


class ManifestSqlClient(HttpSqlClient):
    """`HttpSqlClient` whose files are manifests of rows that lie elsewhere."""

    def insert_file(self, file_path: str, table_name: str, file_format: str, compression: str) -> Any:
        """Insert what the manifest names. Returns when ClickHouse has stored its rows.

        Neither a manifest nor what it names is compressed.
        Raises WarehouseAway, or WarehouseRefused with ClickHouse's reason.
        """
        manifest = read_manifest(Path(file_path))
        try:
            self._insert(table_name, manifest.columns, file_format, manifest.extents)
        except WarehouseRefused as error:
            if not manifest.columns or _UNLISTED not in str(error):
                raise
            # A row has a column that no row looked at had. What was stored before it is stored twice, and counted once.
            self._insert(table_name, (), file_format, manifest.extents)


class HttpClickHouseClient(ClickHouseClient):
    """dlt's job client of ClickHouse with `HttpSqlClient` in it."""

    sql_client_class: ClassVar[type[HttpSqlClient]] = HttpSqlClient

    def __init__(
        self, schema: Schema, config: ClickHouseClientConfiguration, capabilities: DestinationCapabilitiesContext
    ) -> None:
        super().__init__(schema, config, capabilities)
        stock = self.sql_client
        self.sql_client = self.sql_client_class(
            stock.dataset_name,
            stock.staging_dataset_name,
            stock.known_table_names,
            stock.credentials,
            capabilities,
            config,
        )

    def _get_table_update_sql(
        self, table_name: str, new_columns: Sequence[TColumnSchema], generate_alter: bool
    ) -> list[str]:
        """Statements that make or alter a table: dlt's own tables only.

        A raw table is what the numbered DDL says. Its staging twin, where there is one, is a copy of it.
        """
        if table_name in self.schema.dlt_table_names():
            statements: list[str] = super()._get_table_update_sql(table_name, new_columns, generate_alter)
            return statements
        if generate_alter or not self.in_staging_dataset_mode:
            columns = ", ".join(str(column["name"]) for column in new_columns)
            raise WarehouseRefused(f"{table_name} lacks {columns}: the raw tables' DDL was not applied")
        twin = self.sql_client.make_qualified_table_name(table_name)
        original = f"`{self.sql_client.database_name}`.`{table_name}`"
        return [f"CREATE TABLE {twin} AS {original}"]


class ManifestClickHouseClient(HttpClickHouseClient):
    """`HttpClickHouseClient` that loads manifests."""

    sql_client_class = ManifestSqlClient


class clickhouse_http(clickhouse):
    """dlt's destination factory for ClickHouse over HTTP."""

    @property
    def client_class(self) -> type[HttpClickHouseClient]:
        return HttpClickHouseClient


class clickhouse_manifests(clickhouse):
    """`clickhouse_http` for sources that yield manifests."""

    @property
    def client_class(self) -> type[ManifestClickHouseClient]:
        return ManifestClickHouseClient


Carried = Literal["rows", "manifests"]
"""What is in the files that a source yields."""


def build_destination(settings: WarehouseSettings, database: str, carried: Carried) -> clickhouse:
    """The destination for one source: its tables, without a prefix, in ``database``, which must exist."""
    parts = urlsplit(settings.address)
    is_secure = parts.scheme == "https"
    factory = clickhouse_manifests if carried == "manifests" else clickhouse_http
    return factory(
        credentials={
            "host": parts.hostname,
            "http_port": parts.port or (8443 if is_secure else 8123),
            "secure": int(is_secure),
            "database": database,
            "username": settings.user,
            "password": settings.password.get_secret_value(),
        },
        # The new rows are put together beside the old ones and exchanged with them at once: no reader sees a hole.
        replace_strategy="staging-optimized",
    )


def _address(credentials: ClickHouseCredentials) -> str:
    return f"http{'s' if credentials.secure else ''}://{credentials.host}:{credentials.http_port}"
