"""`GET /api/v1/sites/{id}/revenue` and `/api/v1/sites/{id}/transactions`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import MetricsReader
from api.errors import UnknownSite, responses
from api.metrics.errors import BrokenWindow, ModelsMissing, WarehouseUnavailable
from api.metrics.router import READ_ERRORS
from api.metrics.windows import Period, Window, choose_window, period_window, today_in
from api.revenue.errors import BrokenPlace
from api.revenue.queries import Dimension, Kind, Model
from api.revenue.schemas import RevenueAnswer, TransactionPage
from api.revenue.service import RevenueService

router = APIRouter(prefix="/api/v1/sites", tags=["revenue"])


def revenue_service(request: Request) -> RevenueService:
    """The application's revenue service."""
    service: RevenueService = request.app.state.revenue
    return service


def own_site(
    caller: MetricsReader, site_id: Annotated[str, Path(alias="id", description="The key's own site.")]
) -> str:
    """The site that is asked for, when the key is its own. Raises UnknownSite."""
    if site_id != caller.site_id:
        raise UnknownSite(f"This key is not of a site {site_id!r}.")
    return site_id


def asked_window(
    caller: MetricsReader,
    period: Annotated[Period | None, Query(description="A named period, instead of `start` and `end`.")] = None,
    start: Annotated[date | None, Query(description="First day; thirty days before `end` if absent.")] = None,
    end: Annotated[date | None, Query(description="Day after the last; tomorrow if absent.")] = None,
) -> Window:
    """The days that are asked for, in the site's time zone. Raises BrokenWindow."""
    today = today_in(caller.timezone)
    return period_window(period, today) if period else choose_window(start, end, today)


Revenue = Annotated[RevenueService, Depends(revenue_service)]
AskedWindow = Annotated[Window, Depends(asked_window)]


@router.get(
    "/{id}/revenue",
    summary="Revenue by source",
    responses=responses(*READ_ERRORS, UnknownSite, BrokenWindow, WarehouseUnavailable, ModelsMissing),
    dependencies=[Depends(own_site)],
)
def read_revenue(
    caller: MetricsReader,
    revenue: Revenue,
    window: AskedWindow,
    model: Annotated[Model, Query(description="How a payment is divided among sessions.")] = "linear",
    group_by: Annotated[Dimension, Query(description="What the sources are.")] = "channel",
) -> RevenueAnswer:
    """What the site earned in each currency, and what its sources brought by an attribution model, to the cent."""
    return revenue.revenue(caller, window, model, group_by)


@router.get(
    "/{id}/transactions",
    summary="Transactions",
    responses=responses(*READ_ERRORS, UnknownSite, BrokenWindow, BrokenPlace, WarehouseUnavailable, ModelsMissing),
    dependencies=[Depends(own_site)],
)
def read_transactions(
    caller: MetricsReader,
    revenue: Revenue,
    window: AskedWindow,
    kind: Annotated[list[Kind] | None, Query(description="Only of these kinds; repeatable.")] = None,
    customer_id: Annotated[str, Query(description="Only of this customer of Stripe.", max_length=255)] = "",
    before: Annotated[str | None, Query(description="The `next` of the page before.", max_length=300)] = None,
    limit: Annotated[int, Query(description="Transactions of a page.", ge=1, le=1000)] = 100,
) -> TransactionPage:
    """The site's payments, refunds and disputes, the newest first, with who paid as far as it is known."""
    return revenue.transactions(caller, window, kind or [], customer_id, before, limit)
