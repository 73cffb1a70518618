"""Who sent a request: the peer, or the client whom a trusted proxy names."""

from collections.abc import Mapping
from ipaddress import ip_address

from starlette.types import Scope


class ClientAddress:
    """Finds the address of a request's client."""

    def __init__(self, trusted_proxies: str) -> None:
        """``trusted_proxies`` are comma-separated addresses whose ``X-Forwarded-For`` is believed."""
        self._trusted = frozenset(proxy.strip() for proxy in trusted_proxies.split(",") if proxy.strip())

    def find(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The address, or '' when there is none."""
        client = scope.get("client")
        peer: str = client[0] if client else ""
        if peer not in self._trusted:
            return peer
        # Each proxy appends whom it heard from: the last one no trusted proxy stands behind is the client.
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for hop in reversed(forwarded):
            address = hop.strip()
            if address not in self._trusted:
                return address if _is_address(address) else peer
        return peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
