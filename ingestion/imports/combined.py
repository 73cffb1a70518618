"""The combined log format of Apache and nginx, with or without a virtual host in front: a line in, its parts out.

Also read: the common format, which has no referrer and user agent, and formats that add fields after the user agent,
as nginx's own ``main`` does. Those extra fields are not kept.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import msgspec

_LINE = re.compile(
    # A virtual host is followed by its port: without one it could not be told from an address.
    r"(?:(?P<host>[^\s:]+):\d{1,5} )?"
    r"(?P<address>\S+) \S+ (?P<user>[^\[]*?) "
    r"\[(?P<time>[^\]]*)\] "
    r'"(?P<request>[^"\\]*(?:\\.[^"\\]*)*)" '
    r"(?P<status>\d{3}) (?P<bytes>\d+|-)"
    r'(?: "(?P<referrer>[^"\\]*(?:\\.[^"\\]*)*)" "(?P<user_agent>[^"\\]*(?:\\.[^"\\]*)*)"(?: .*)?)?\s*',
    re.ASCII,
)
_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)([0-5]\d)", re.ASCII)
_REQUEST = re.compile(r"([A-Z][A-Za-z_-]*) (.*?)(?: (HTTP/\d(?:\.\d)?))?", re.ASCII | re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CONTROLS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class LineRefused(Exception):
    """A line that is not of the format. ``code`` is stable, ``field`` names the part at fault."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.field = field


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One request as the server logged it. ``-`` has become empty, escapes are undone."""

    address: str
    occurred_at: datetime
    """UTC."""
    status: int
    method: str = ""
    """Empty, as are ``target`` and ``protocol``, where the client sent no HTTP request."""
    target: str = ""
    protocol: str = ""
    request: str = ""
    """What the client sent instead of an HTTP request."""
    size: int | None = None
    """Bytes of the answer, where logged."""
    referrer: str = ""
    user_agent: str = ""
    user: str = ""
    host: str = ""


def parse_line(line: str) -> LogLine:
    """The parts of a line, which has no line end. Raises LineRefused."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise LineRefused("line_malformed", "not a line of the combined log format")
    host, address, user, time, request, status, size, referrer, user_agent = found.groups()
    method, target, protocol, other = _split_request(_plain(request))
    return LogLine(
        address=address,
        occurred_at=parse_time(time),
        status=int(status),
        method=method,
        target=target,
        protocol=protocol,
        request=other,
        size=None if size == "-" else int(size),
        referrer=_plain(referrer),
        user_agent=_plain(user_agent),
        user=_plain(user).removeprefix('"').removesuffix('"'),
        host=host or "",
    )


@lru_cache(maxsize=1024)
def parse_time(text: str) -> datetime:
    """``17/May/2015:10:05:03 +0200`` as UTC. Raises LineRefused."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise LineRefused("time_malformed", "the time is not of the form 17/May/2015:10:05:03 +0000", "time")
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        # A leap second is logged as :60; datetime knows none, so it counts as the second before.
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise LineRefused("time_malformed", f"there is no such time: {error}", "time") from error


def _split_request(request: str) -> tuple[str, str, str, str]:
    """Method, target and protocol, or else the text that is no request."""
    found = _REQUEST.fullmatch(request)
    if found is None or not found[2]:
        return "", "", "", request
    return found[1], found[2], found[3] or "", ""


def _plain(text: str | None) -> str:
    """A logged value with its escapes undone; what is missing or ``-`` is empty."""
    if text is None or text == "-":
        return ""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_unescape, text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


def _unescape(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    if len(code) == 3:
        return bytes.fromhex(code[1:].decode())
    return _CONTROLS.get(code, code)
