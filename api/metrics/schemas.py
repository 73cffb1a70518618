"""What the metric routes answer."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field


class MetricDescription(BaseModel):
    """One metric of the library."""

    name: str = Field(description="Name to ask for.", examples=["sessions"])
    label: str = Field(description="Name to show.", examples=["Sessions"])
    description: str = Field(description="What is counted.")
    unit: str = Field(description="count, ratio or seconds.", examples=["count"])
    kind: str = Field(description="simple: one measure; ratio: one metric by another.", examples=["simple"])
    group_by: list[str] = Field(description="What it can be grouped by.", examples=[["day", "country"]])
    source: str = Field(description="The mart behind it.", examples=["marts.fct_sessions"])


class MetricLibrary(BaseModel):
    """Every metric."""

    metrics: list[MetricDescription]


class MetricRow(BaseModel):
    """One group's value."""

    group: dict[str, Any] = Field(description="The group, by dimension.", examples=[{"day": "2026-01-31"}])
    value: float | int | None = Field(description="The metric's value.", examples=[128])


class MetricAnswer(BaseModel):
    """A metric over a window of days."""

    metric: MetricDescription
    start: date = Field(description="First day, in the site's time zone.")
    end: date = Field(description="Day after the last.")
    total: float | int | None = Field(description="The value over the whole window, of all groups together.")
    rows: list[MetricRow] = Field(description="One row per group; empty without `group_by`, 10,000 at most.")
    truncated: bool = Field(description="Whether there are more groups than `rows` has; `total` is of all of them.")
    sql: str = Field(description="The query that gave the rows.")
