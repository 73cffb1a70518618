"""How fast Stripe is asked, and how long it is waited for when it doesn't answer as it should."""

import random
import time
from collections.abc import Callable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class Pace:
    """A token bucket: at most ``rate`` requests a second, after a burst of as many. For one thread."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._size = rate, max(rate, 1.0)
        self._clock, self._sleep = clock, sleep
        self._tokens, self._filled = self._size, clock()

    def wait(self) -> None:
        """Return when a request may be sent."""
        self._fill()
        if self._tokens < 1:
            self._sleep((1 - self._tokens) / self._rate)
            self._fill()
        self._tokens -= 1

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._filled) * self._rate)
        self._filled = now


class Patience:
    """The pauses between tries of one request: each about twice the last, and as long as Retry-After asks, at least."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ends ``seconds`` from now."""
        self._clock, self._sleep = clock, sleep
        self._ends = clock() + seconds
        self._pause = _FIRST_PAUSE

    def pause(self, retry_after: float | None) -> bool:
        """Wait before the next try; False, at once, when that would be later than patience lasts."""
        # Several loaders that were told to slow down at the same moment must not come back at the same moment.
        wanted = max(self._pause * random.uniform(0.5, 1), retry_after or 0.0)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        if self._clock() + wanted > self._ends:
            return False
        self._sleep(wanted)
        return True
