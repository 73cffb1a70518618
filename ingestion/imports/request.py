"""A logged request as an event.

Every line counts. What a person would call a page becomes ``page_view``; everything else a server answers (images,
style sheets, redirects, errors, other methods) becomes ``request``. Both carry the visitor, so that sessions see all
of a visit. Method, status, bytes and protocol are properties.
"""

import re
from typing import Any
from uuid import UUID

import msgspec

from headwater.contracts.wire import WireEvent
from ingestion.imports.combined import LogLine

PAGE_VIEW, REQUEST = "page_view", "request"

_PAGE_SUFFIXES = frozenset({"html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "jspx", "do", "cgi", "md"})
_SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,7})$")
_ABSOLUTE = re.compile(r"https?://[^/?#]*")
_PATH = re.compile(r"[^?#]*")
_encode = msgspec.json.Encoder().encode


def build_event(line: LogLine, event_id: UUID, visitor_id: str, host: str) -> WireEvent:
    """The event of a line. ``host`` completes the address where the line names none; it may be empty."""
    url, path = _address(line.target, line.host or host)
    return WireEvent(
        event=PAGE_VIEW if is_page_view(line.method, path, line.status) else REQUEST,
        id=event_id,
        namespace="web",
        occurred_at=line.occurred_at,
        visitor_id=visitor_id,
        user_id=line.user,
        properties=msgspec.Raw(_encode(_properties(line))),
        url=url,
        path=path,
        referrer=line.referrer,
        source="import",
        user_agent=line.user_agent,
        ip=line.address,
    )


def is_page_view(method: str, path: str, status: int) -> bool:
    """Whether a request showed somebody a page: a GET, answered with it or with "not modified".

    A redirect shows nothing: the page it leads to has a line of its own.
    """
    if method != "GET" or not (200 <= status < 300 or status == 304):
        return False
    suffix = _SUFFIX.search(path)
    return suffix is None or suffix[1].lower() in _PAGE_SUFFIXES


def _address(target: str, host: str) -> tuple[str, str]:
    """The URL and the path of a request's target."""
    absolute = _ABSOLUTE.match(target)
    path = _PATH.match(target, absolute.end() if absolute else 0)
    if absolute:
        return target, (path and path[0]) or "/"
    return f"https://{host}{target}" if host and target.startswith("/") else target, path[0] if path else ""


def _properties(line: LogLine) -> dict[str, Any]:
    properties: dict[str, Any] = {"status": line.status}
    if line.size is not None:
        properties["bytes"] = line.size
    if line.method:
        properties["method"] = line.method
    if line.protocol:
        properties["protocol"] = line.protocol
    if line.request:
        properties["request"] = line.request
    return properties
