"""What the site routes answer."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field


class PeriodShown(BaseModel):
    """The days the numbers are of, in the site's time zone."""

    start: date = Field(description="First day.")
    end: date = Field(description="Day after the last.")
    timezone: str = Field(examples=["Europe/Berlin"])


class ComparedValue(BaseModel):
    """A number and what it was in the window of the same length before."""

    value: float | int = Field(description="The number in the window.", examples=[128])
    previous: float | int = Field(description="The number in the window before.", examples=[100])
    change: float | None = Field(description="Percent of change; null where there was nothing before.", examples=[28.0])


class SiteStatistics(BaseModel):
    """A site over a window of days."""

    site_id: str
    period: PeriodShown
    metrics: dict[str, ComparedValue] = Field(description="By name of the metric.")
    timeseries: list[dict[str, Any]] = Field(
        description="One entry per day: `date` and each metric. No day is left out."
    )
    dimensions: dict[str, list[dict[str, Any]]] = Field(
        description="By name of the dimension: its ten largest values with visitors, sessions and bounce rate."
    )
