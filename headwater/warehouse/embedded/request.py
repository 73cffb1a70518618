"""One request, as ClickHouse reads it: what is a setting, what is a parameter, what is the transport's."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from headwater.warehouse.embedded.error import QueryError

# Names in the URL that are not settings.
_TRANSPORT = frozenset(
    {"query", "query_id", "database", "default_format", "session_id", "session_timeout", "session_check"}
    | {"close_session", "user", "password", "quota_key", "compress", "decompress", "stacktrace", "role"}
    | {"buffer_size", "wait_end_of_query", "client_protocol_version"}
)
_EXTERNAL = ("_format", "_types", "_structure")


@dataclass(slots=True)
class Request:
    """``arguments`` are the transport's own names, ``settings`` hold for this request alone, ``params`` fill
    ``{name:Type}``, ``external`` describe the tables that come with the request.
    """

    method: str
    headers: Mapping[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    external: dict[str, str] = field(default_factory=dict)

    @property
    def query_id(self) -> str:
        return self.arguments["query_id"]

    @property
    def session(self) -> str:
        """The session's name; empty for none."""
        return self.arguments.get("session_id", "")

    @property
    def database(self) -> str:
        return self.arguments.get("database") or self.headers.get("x-clickhouse-database", "")

    @property
    def default_format(self) -> str:
        return self.arguments.get("default_format") or self.headers.get("x-clickhouse-format", "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def is_form(self) -> bool:
        return self.content_type.startswith("multipart/form-data")

    def flag(self, name: str) -> bool:
        """Whether a transport argument or setting is switched on."""
        value = self.arguments.get(name, self.settings.get(name, ""))
        return value.lower() not in ("", "0", "false")

    def number(self, name: str, default: int) -> int:
        """A transport argument as a number. Raises QueryError."""
        value = self.arguments.get(name, "")
        if not value:
            return default
        if not value.isdecimal():
            raise QueryError.named(27, "CANNOT_PARSE_INPUT_ASSERTION_FAILED", f"{name} must be a number: {value!r}")
        return int(value)

    def add(self, name: str, value: str) -> None:
        """Sort a name of the URL, or of a form, to where it belongs."""
        if name.startswith("param_"):
            self.params[name.removeprefix("param_")] = value
        elif name in _TRANSPORT:
            self.arguments[name] = value
        elif self.is_form and name.endswith(_EXTERNAL):
            self.external[name] = value
        else:
            self.settings[name] = value

    def credentials(self) -> tuple[str, str]:
        """User and password, from the headers, Basic authentication or the URL, in ClickHouse's order."""
        if "x-clickhouse-user" in self.headers or "x-clickhouse-key" in self.headers:
            return self.headers.get("x-clickhouse-user", "default"), self.headers.get("x-clickhouse-key", "")
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(value.strip()).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise QueryError.named(516, "AUTHENTICATION_FAILED", "Invalid HTTP Basic authentication") from None
            return user or "default", password
        if scheme:
            raise QueryError.named(516, "AUTHENTICATION_FAILED", f"The {scheme} scheme isn't supported")
        return self.arguments.get("user") or "default", self.arguments.get("password", "")


def parse_request(scope: Mapping[str, Any]) -> Request:
    """The request in an ASGI scope. A query id is made up when the client names none."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    request = Request(scope["method"], headers)
    for name, value in parse_qsl(
        scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape"
    ):
        request.add(name, value)
    if not request.arguments.get("query_id"):
        request.arguments["query_id"] = str(uuid.uuid4())
    return request


def checked_format(format_name: str) -> str:
    """A format's name, which must be no more than a name: it becomes part of a statement. Raises QueryError."""
    if not format_name.isidentifier():
        raise QueryError.named(73, "UNKNOWN_FORMAT", f"Unknown format {format_name}")
    return format_name
