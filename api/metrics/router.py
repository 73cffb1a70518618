"""`GET /api/v1/metrics` and `/api/v1/metrics/{name}`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import MetricsReader
from api.errors import InvalidKey, MissingScope, RateLimited, responses
from api.metrics.errors import BrokenWindow, ModelsMissing, UnknownGroup, UnknownMetric, WarehouseUnavailable
from api.metrics.schemas import MetricAnswer, MetricLibrary
from api.metrics.service import MetricService
from api.metrics.windows import choose_window, today_in

router = APIRouter(prefix="/api/v1/metrics", tags=["metrics"])

READ_ERRORS = (InvalidKey, MissingScope, RateLimited)


def metric_service(request: Request) -> MetricService:
    """The application's metric service."""
    service: MetricService = request.app.state.metrics
    return service


Metrics = Annotated[MetricService, Depends(metric_service)]


@router.get("", summary="List the metrics", responses=responses(*READ_ERRORS))
def list_metrics(_caller: MetricsReader, metrics: Metrics) -> MetricLibrary:
    """Every metric with its meaning, its unit, and what it can be grouped by."""
    return metrics.library()


@router.get(
    "/{name}",
    summary="Ask for a metric",
    responses=responses(*READ_ERRORS, UnknownMetric, UnknownGroup, BrokenWindow, WarehouseUnavailable, ModelsMissing),
)
def read_metric(
    caller: MetricsReader,
    metrics: Metrics,
    name: Annotated[str, Path(description="Name of the metric.", examples=["sessions"])],
    start: Annotated[date | None, Query(description="First day; thirty days before `end` if absent.")] = None,
    end: Annotated[date | None, Query(description="Day after the last; tomorrow if absent.")] = None,
    group_by: Annotated[list[str] | None, Query(description="Dimensions or day, week, month …; repeatable.")] = None,
) -> MetricAnswer:
    """A metric of the key's site over a window of days in the site's time zone, in total and by group.

    Usage is of the whole organization, by days in UTC, and needs the scope usage:read.
    """
    window = choose_window(start, end, today_in(caller.timezone))
    groups = list(dict.fromkeys(part for text in group_by or () for part in text.split(",") if part))
    return metrics.answer(caller, name, window, groups)
