"""Billing periods: where the next one ends, counted from a subscription's anchor. Times are Unix seconds in UTC."""

import calendar
from datetime import UTC, datetime

HOUR = 3_600
DAY = 86_400

_SECONDS = {"day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "year": 12}


def add_months(at: int, months: int) -> int:
    """The same time so many months later; in a shorter month, on its last day."""
    moment = datetime.fromtimestamp(at, UTC)
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())


def period_end(anchor: int, start: int, interval: str, count: int) -> int:
    """The first end of a period behind ``start``: a whole number of intervals after ``anchor``.

    Counted from the anchor and not from the period before, so the 31st comes back after a February.
    """
    if interval in _SECONDS:
        length = _SECONDS[interval] * count
        return anchor + ((start - anchor) // length + 1) * length
    length, periods = _MONTHS[interval] * count, 1
    while (end := add_months(anchor, periods * length)) <= start:
        periods += 1
    return end
