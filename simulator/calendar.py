"""When people come: the days of a site's own time zone, busy by day and on weekdays."""

from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from simulator.event import milliseconds

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_WEEKDAY_WEIGHTS = (10, 11, 11, 10, 9, 5, 4)
_HOUR_WEIGHTS = tuple(
    accumulate((3, 2, 1, 1, 1, 2, 4, 8, 14, 19, 21, 20, 16, 18, 21, 20, 18, 15, 12, 12, 13, 12, 9, 5))
)


class Calendar:
    """Some local days of one time zone."""

    def __init__(self, timezone: str, start: date, days: int) -> None:
        """``start`` is the first local day."""
        zone = ZoneInfo(timezone)
        calendar_days = [start + timedelta(days=number) for number in range(days + 1)]
        self._midnights = [milliseconds(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in calendar_days]
        self._weights = tuple(accumulate(_WEEKDAY_WEIGHTS[day.weekday()] for day in calendar_days[:-1]))
        self._numbers = range(days)
        self.start_ms = self._midnights[0]
        self.end_ms = self._midnights[-1]

    def choose(self, random: Random) -> int:
        """An instant of these days, in milliseconds since 1970."""
        day = random.choices(self._numbers, cum_weights=self._weights)[0]
        hour = random.choices(range(24), cum_weights=_HOUR_WEIGHTS)[0]
        # A day of 23 hours has no last one; its visits fall before the next midnight all the same.
        return min(self._midnights[day] + hour * HOUR_MS + int(random.random() * HOUR_MS), self._midnights[day + 1] - 1)
