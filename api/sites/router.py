"""`GET /api/v1/sites/{id}/stats`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.auth import MetricsReader
from api.errors import UnknownSite, responses
from api.metrics.errors import BrokenWindow, ModelsMissing, UnknownGroup, UnknownMetric, WarehouseUnavailable
from api.metrics.router import READ_ERRORS, Metrics
from api.metrics.windows import Period, choose_window, period_window, today_in
from api.sites.schemas import SiteStatistics
from api.sites.service import DEFAULT_DIMENSIONS, DEFAULT_METRICS, site_statistics

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])


@router.get(
    "/{id}/stats",
    summary="A site's statistics",
    responses=responses(
        *READ_ERRORS, UnknownSite, UnknownMetric, UnknownGroup, BrokenWindow, WarehouseUnavailable, ModelsMissing
    ),
)
def read_statistics(
    caller: MetricsReader,
    metrics: Metrics,
    site_id: Annotated[str, Path(alias="id", description="The key's own site.")],
    period: Annotated[Period | None, Query(description="A named period, instead of `start` and `end`.")] = None,
    start: Annotated[date | None, Query(description="First day; thirty days before `end` if absent.")] = None,
    end: Annotated[date | None, Query(description="Day after the last; tomorrow if absent.")] = None,
    names: Annotated[str, Query(alias="metrics", description="Metrics, by commas.")] = ",".join(DEFAULT_METRICS),
    dimensions: Annotated[str, Query(description="Dimensions of sessions, by commas.")] = ",".join(DEFAULT_DIMENSIONS),
) -> SiteStatistics:
    """Main numbers with what they were before, a value for each day, and the largest sources, pages and places."""
    if site_id != caller.site_id:
        raise UnknownSite(f"This key is not of a site {site_id!r}.")
    today = today_in(caller.timezone)
    window = period_window(period, today) if period else choose_window(start, end, today)
    return site_statistics(metrics, caller, window, _split(names), _split(dimensions))


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
