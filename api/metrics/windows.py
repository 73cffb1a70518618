"""Windows of days: half-open, in the site's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from api.metrics.errors import BrokenWindow

Period = Literal["today", "yesterday", "last_7_days", "last_30_days", "last_90_days", "this_month", "last_month"]

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2149, 6, 6)
"""What a Date of ClickHouse holds."""

_DAYS = 30
_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from ``start`` up to but not ``end``."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def before(self) -> "Window":
        """The window of the same length that ends where this one begins; shorter where the days begin."""
        days = min(self.end - self.start, self.start - FIRST_DAY)
        return Window(self.start - days, self.start)

    def each_day(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range(self.days)]


def today_in(timezone: str) -> date:
    """The current day of a time zone."""
    return datetime.now(ZoneInfo(timezone or "UTC")).date()


def choose_window(start: date | None, end: date | None, today: date) -> Window:
    """The window asked for; thirty days up to and with today where it is left open. Raises BrokenWindow."""
    for day in (start, end):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise BrokenWindow(f"Days are from {FIRST_DAY} to {LAST_DAY}.")
    last = end or (min(start + timedelta(days=_DAYS), LAST_DAY) if start else today + timedelta(days=1))
    first = start or max(last - timedelta(days=_DAYS), FIRST_DAY)
    if first >= last or last - first > _LONGEST:
        raise BrokenWindow
    return Window(first, last)


def period_window(period: Period, today: date) -> Window:
    """The days of a named period; those that end now include today."""
    tomorrow = today + timedelta(days=1)
    month = today.replace(day=1)
    if period == "today":
        return Window(today, tomorrow)
    if period == "yesterday":
        return Window(today - timedelta(days=1), today)
    if period == "this_month":
        return Window(month, tomorrow)
    if period == "last_month":
        return Window((month - timedelta(days=1)).replace(day=1), month)
    return Window(tomorrow - timedelta(days=int(period.split("_")[1])), tomorrow)
