"""What the address of a page tells: its path and host, campaign tags and click ids."""

from typing import NamedTuple
from urllib.parse import parse_qsl

from headwater.contracts.landing import CAMPAIGN_TAGS, CLICK_IDS
from headwater.contracts.limits import NAME_LENGTH
from headwater.intake.columns import encode_columns
from headwater.intake.memo import Memo

Tags = tuple[tuple[str, str], ...]
"""Column and value of each."""

_COLUMNS = frozenset((*CAMPAIGN_TAGS, *CLICK_IDS))


class Page(NamedTuple):
    """An address of a page, taken apart."""

    address: str
    """As sent, without user and password."""
    host: str
    """In lower case, without port; empty for a bare path."""
    path: bytes
    """As `encode_columns` gives it."""
    tags: Tags
    """Campaign tags."""
    clicks: bytes
    """Click ids, as `encode_columns` gives them."""


class PageReader:
    """Takes addresses apart. Remembers queries: a campaign's is the same on every page."""

    def __init__(self, size: int) -> None:
        self._queries = Memo(_read_query, size)

    def read(self, address: str) -> Page:
        """Any text is taken; what is not an address has no host, path and tags."""
        before_fragment, _, _ = address.partition("#")
        base, _, query = before_fragment.partition("?")
        tags, clicks = self._queries[query]
        scheme, found, rest = base.partition("://")
        if not found:
            return Page(address, "", _encode_path(base if base.startswith("/") else ""), tags, clicks)
        authority, slash, path = rest.partition("/")
        login, at, _ = authority.rpartition("@")
        if at:
            address = f"{scheme}://{address[len(scheme) + 3 + len(login) + 1 :]}"
        is_page = scheme.lower() in ("http", "https")
        path = slash + path or ("/" if is_page else "")
        return Page(address, _host_of(authority), _encode_path(path), tags, clicks)


def read_referrer(referrer: str) -> tuple[str, str]:
    """The referrer without user, password and fragment, and its host."""
    page_address, _, _ = referrer.partition("#")
    scheme, found, rest = page_address.partition("://")
    if not found:
        return page_address, ""
    end = min((place for place in (rest.find("/"), rest.find("?")) if place >= 0), default=len(rest))
    authority = rest[:end]
    return f"{scheme}://{authority.rpartition('@')[2]}{rest[end:]}", _host_of(authority)


def _encode_path(path: str) -> bytes:
    return encode_columns([("path", path)])


def _host_of(authority: str) -> str:
    host = authority.rpartition("@")[2].lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def _read_query(query: str) -> tuple[Tags, bytes]:
    """Campaign tags and click ids of a query, the first value of each. Tags are cut at the length of a name."""
    if "utm_" not in query.lower() and "id" not in query.lower():
        return (), b""
    try:
        pairs = parse_qsl(query, errors="replace", max_num_fields=500)
    except ValueError:
        return (), b""
    found: dict[str, str] = {}
    for name, value in pairs:
        column = name.lower()
        if column in _COLUMNS and (value := value.strip()):
            found.setdefault(column, value)
    tags = tuple((name, found[name][:NAME_LENGTH]) for name in CAMPAIGN_TAGS if name in found)
    return tags, encode_columns((name, found[name]) for name in CLICK_IDS if name in found)
