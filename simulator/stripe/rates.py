"""Exchange rates of a simulated year, in the columns that `headwater import rates` reads."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

_RATES = {"USD": 1.09, "JPY": 163.0}
"""For one euro, on average."""


def write_rates(first: date, last: date) -> str:
    """A CSV with the rates of every working day; they go up and down by some per cent."""
    lines = ["day,base,currency,rate,source"]
    for day in _days(first, last):
        for number, (currency, rate) in enumerate(_RATES.items()):
            moved = rate * (1 + 0.03 * math.sin(day.toordinal() / 29 + number))
            lines.append(f"{day},EUR,{currency},{moved:.4f},simulation")
    return "\n".join(lines) + "\n"


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)
