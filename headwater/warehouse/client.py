"""The way to ClickHouse: one function that opens a client, and the errors its users see.

WarehouseError
├── WarehouseAway      nothing answers at the address
└── WarehouseRefused   ClickHouse answered with an error
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from headwater.settings import WarehouseSettings


class WarehouseError(Exception):
    """ClickHouse could not do what was asked."""


class WarehouseAway(WarehouseError):
    """Nothing answers at the address."""


class WarehouseRefused(WarehouseError):
    """ClickHouse answered with an error.

    ``code`` is ClickHouse's own number, or 0 when the answer carried none.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        found = re.search(r"code:? (\d+)", message, re.IGNORECASE)
        self.code = int(found[1]) if found else 0


class Warehouse:
    """A client of one ClickHouse, over HTTP. Not for use by two threads at once."""

    def __init__(self, settings: WarehouseSettings, *, query_settings: Mapping[str, Any] | None = None) -> None:
        """Raises WarehouseAway when nothing answers, WarehouseRefused when the login is refused."""
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

        self._away, self._refused = OperationalError, DatabaseError
        self.address = settings.address
        try:
            self._client = clickhouse_connect.get_client(
                dsn=settings.address,
                username=settings.user,
                password=settings.password.get_secret_value(),
                settings=dict(query_settings or {}),
                autogenerate_session_id=False,
                connect_timeout=3,
                send_receive_timeout=600,
            )
        except OperationalError as error:
            raise WarehouseAway(f"no ClickHouse answers at {settings.address}") from error
        except DatabaseError as error:
            raise WarehouseRefused(_first_line(error)) from error

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[list[str], Sequence[Sequence[Any]]]:
        """Column names and rows of a SELECT. ``parameters`` bind as ``{name:Type}``."""
        try:
            result = self._client.query(sql, parameters=dict(parameters or {}))
        except self._away as error:
            raise WarehouseAway(f"no ClickHouse answers at {self.address}") from error
        except self._refused as error:
            raise WarehouseRefused(_first_line(error)) from error
        return list(result.column_names), result.result_rows

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a SELECT, by column name."""
        names, rows = self.query(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The only value of a SELECT that returns one row of one column."""
        return self.query(sql, parameters)[1][0][0]

    def command(self, sql: str) -> None:
        """Run a statement that returns no rows."""
        try:
            self._client.command(sql)
        except self._away as error:
            raise WarehouseAway(f"no ClickHouse answers at {self.address}") from error
        except self._refused as error:
            raise WarehouseRefused(_first_line(error)) from error

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def answers(settings: WarehouseSettings, timeout: float = 1.0) -> bool:
    """Whether a ClickHouse answers ``/ping`` at the address. ``timeout`` in seconds."""
    import http.client

    parts = urlsplit(settings.address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().read().strip() == b"Ok."
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
