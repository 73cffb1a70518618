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
    """Every ``every``-th of the requests that ``target`` is a part of goes wrong, ``times`` times."""

    every: int = 0
    """0: nothing goes wrong."""
    status: int | None = 500
    """From 400 on: an error. 200: an answer that says nothing. 0: what was asked for is done, and the connection drops
    in the middle of the answer. None: it is done, and only the answer takes its time."""
    delay_seconds: float = 0.0
    times: int = 10**9
    target: str = ""
    """A part of the method and address, as in ``GET /v1/charges``."""
    retry_after: str = ""
    """The header of an error, in seconds."""
    _asked: int = 0

    def strike(self, request: str) -> "Faults | None":
        """This, if the request, its method and target, is one of those."""
        if not self.every or not self.times or self.target not in request:
            return None
        self._asked += 1
        if self._asked % self.every:
            return None
        self.times -= 1
        return self


@dataclass
class Admission:
    """The account's door. ``keys`` begin with sk_test_ or rk_test_."""

    keys: frozenset[str]
    requests_per_second: float = 100.0
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    """Every request's method and target, in order."""
    _recent: deque[float] = field(default_factory=deque)

    def admit(self, method: str, path: str, authorization: str) -> str:
        """Let a request in. Returns its API key. Raises Refusal."""
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
        return key


def _read_key(authorization: str) -> str:
    """From `Bearer key`, or from Basic with the key as the name."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return text.strip()
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
