"""Who may ask when there is no password: this machine's own programs, and no web page that a browser here shows.

A page may send a POST to any address without asking first, and a name of its own may lead to 127.0.0.1. Browsers say of
both: the page's origin, and the name that was asked for.
"""

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def is_foreign(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a web page sent the request, or another name than this machine's was asked for, by its headers."""
    named = dict(headers)
    host = named.get(b"host", b"localhost").decode("latin-1")
    if not is_loopback(_name_of(f"//{host}")):
        return True
    origin = named.get(b"origin", b"").decode("latin-1")
    return bool(origin) and urlsplit(origin).netloc != host


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
