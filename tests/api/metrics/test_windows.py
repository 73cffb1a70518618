"""Windows at the ends of what a Date of ClickHouse holds."""

from datetime import date

import pytest

from api.metrics.errors import BrokenWindow
from api.metrics.windows import FIRST_DAY, LAST_DAY, Window, choose_window

TODAY = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(9999, 12, 20), None),
        (None, date(1, 1, 5)),
        (date(1, 1, 1), date(1, 3, 1)),
        (date(1969, 12, 31), date(1970, 1, 2)),
        (date(2149, 6, 1), date(2149, 6, 7)),
        (LAST_DAY, None),
        (None, FIRST_DAY),
    ],
)
def test_days_that_clickhouse_does_not_have_are_refused(start: date | None, end: date | None) -> None:
    with pytest.raises(BrokenWindow):
        choose_window(start, end, TODAY)


def test_a_side_left_open_ends_where_the_days_end() -> None:
    assert choose_window(date(2149, 6, 1), None, TODAY) == Window(date(2149, 6, 1), LAST_DAY)
    assert choose_window(None, date(1970, 1, 5), TODAY) == Window(FIRST_DAY, date(1970, 1, 5))


def test_the_window_before_the_first_days_is_cut() -> None:
    assert Window(date(1970, 1, 3), date(1970, 1, 10)).before() == Window(FIRST_DAY, date(1970, 1, 3))
    assert Window(FIRST_DAY, date(1970, 1, 10)).before().days == 0
    assert Window(date(2026, 1, 8), date(2026, 1, 15)).before() == Window(date(2026, 1, 1), date(2026, 1, 8))
