"""How often somebody may ask: token buckets, in this process."""

import math
import time


class TokenBucket:
    """Holds a minute's worth of tokens and fills evenly: short bursts pass, the mean is kept."""

    __slots__ = ("_filled_at", "_tokens", "rate_per_minute")

    def __init__(self, rate_per_minute: int) -> None:
        self.rate_per_minute = rate_per_minute
        self._tokens = float(rate_per_minute)
        self._filled_at = time.monotonic()

    def take(self) -> int:
        """Take a token: 0, or the whole seconds until there is one."""
        now = time.monotonic()
        tokens = self._tokens + (now - self._filled_at) * self.rate_per_minute / 60
        self._filled_at = now
        if tokens > self.rate_per_minute:
            tokens = self.rate_per_minute
        if tokens >= 1:
            self._tokens = tokens - 1
            return 0
        self._tokens = tokens
        return math.ceil((1 - tokens) * 60 / self.rate_per_minute)

    def put_back(self) -> None:
        """Return a token that was taken for nothing."""
        self._tokens += 1
