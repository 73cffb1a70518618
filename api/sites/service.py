"""Puts a site's statistics together from the metric library."""

from collections.abc import Sequence
from typing import Any

from api.auth import Caller
from api.metrics.catalogue import Metric
from api.metrics.errors import UnknownGroup
from api.metrics.service import MetricService, groups_of
from api.metrics.windows import Window
from api.sites.schemas import ComparedValue, PeriodShown, SiteStatistics

DEFAULT_METRICS = ("visitors", "page_views", "sessions", "bounce_rate", "average_session_duration")
DEFAULT_DIMENSIONS = ("referrer_domain", "utm_source", "entry_path", "country", "device_type")
DIMENSION_METRICS = ("visitors", "sessions", "bounce_rate")
TOP = 10


def site_statistics(
    metrics: MetricService, caller: Caller, window: Window, names: Sequence[str], dimensions: Sequence[str]
) -> SiteStatistics:
    """The caller's site over the window. Raises UnknownMetric, UnknownGroup, and what the warehouse raises."""
    chosen = [metrics.find(name) for name in names]
    by_session = [metrics.find(name) for name in DIMENSION_METRICS]
    for dimension in dimensions:
        if dimension not in groups_of(by_session[0]):
            raise UnknownGroup(f"There is no dimension {dimension!r}.", groups=groups_of(by_session[0]))
    now = _totals(metrics, caller, chosen, window)
    before = _totals(metrics, caller, chosen, window.before())
    return SiteStatistics(
        site_id=caller.site_id,
        period=PeriodShown(start=window.start, end=window.end, timezone=caller.timezone),
        metrics={name: _compare(now[name], before[name]) for name in now},
        timeseries=_series(metrics, caller, chosen, window),
        dimensions={name: _top(metrics, caller, by_session, window, name) for name in dimensions},
    )


def _totals(metrics: MetricService, caller: Caller, chosen: Sequence[Metric], window: Window) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    for group in _by_model(chosen):
        totals |= metrics.rows(caller, group, window)[0]
    return {metric.name: totals[metric.name] for metric in chosen}


def _series(metrics: MetricService, caller: Caller, chosen: Sequence[Metric], window: Window) -> list[dict[str, Any]]:
    days: dict[Any, dict[str, Any]] = {
        day: {"date": day} | {metric.name: 0 for metric in chosen} for day in window.each_day()
    }
    for group in _by_model(chosen):
        for row in metrics.rows(caller, group, window, ["day"]):
            days[row.pop("day")] |= row
    return list(days.values())


def _top(
    metrics: MetricService, caller: Caller, chosen: Sequence[Metric], window: Window, dimension: str
) -> list[dict[str, Any]]:
    rows = metrics.rows(caller, chosen, window, [dimension], order=[("visitors", True)], limit=TOP)
    return [{"name": row.pop(dimension)} | row for row in rows]


def _by_model(chosen: Sequence[Metric]) -> list[list[Metric]]:
    """The metrics in groups that one query can answer."""
    groups: dict[str, list[Metric]] = {}
    for metric in chosen:
        groups.setdefault(metric.model.name, []).append(metric)
    return list(groups.values())


def _compare(value: float, previous: float) -> ComparedValue:
    change = round(100 * (value - previous) / previous, 1) if previous else None
    return ComparedValue(value=value, previous=previous, change=change)
