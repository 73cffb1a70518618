"""Who may ask, how often, and what goes wrong on request."""

import base64
import binascii
import time
from collections import deque
from dataclasses import dataclass, field

from simulator.stripe.refusal import Refusal

WRITABLE = "billing/meter_events"
"""What a restricted key may write; it reads everything."""


@dataclass
class Faults:
    """Every ``every``-th request, ``times`` times: a ``status`` from 400 on, a connection that drops, or a delay."""

    every: int = 0
    """0: nothing goes wrong."""
    status: int = 500
    """0: the connection is dropped in the middle of an answer."""
    delay_seconds: float = 0.0
    times: int = 10**9
    _asked: int = 0

    def strikes(self) -> bool:
        """Whether this request is one of those."""
        self._asked += 1
        if not self.every or not self.times or self._asked % self.every:
            return False
        self.times -= 1
        return True


@dataclass
class Admission:
    """The account's door. ``keys`` begin with sk_test_ or rk_test_."""

    keys: frozenset[str]
    requests_per_second: float = 100.0
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """Every request's method and target, in order."""
    _recent: deque[float] = field(default_factory=deque)

    def admit(self, method: str, path: str, authorization: str) -> None:
        """Let a request in. Raises Refusal."""
        key = _read_key(authorization)
        if not key:
            raise Refusal(401, "You did not provide an API key.")
        if key not in self.keys:
            raise Refusal(401, f"Invalid API Key provided: {key[:8]}****", code="api_key_invalid")
        if key.startswith("rk_") and method != "GET" and path != WRITABLE:
            raise Refusal(403, f"The provided key does not have the required permissions for '{path}'.")
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self.requests_per_second:
            raise Refusal(429, "Request rate limit exceeded.", "rate_limit_error", "rate_limit")
        self._recent.append(now)


def _read_key(authorization: str) -> str:
    """From `Bearer key`, or from Basic with the key as the name."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return text.strip()
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
