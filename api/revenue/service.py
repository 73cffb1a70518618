"""Answers questions for revenue: ask the warehouse, shape the rows."""

from collections.abc import Sequence
from typing import Any

from api.auth import Caller
from api.metrics.errors import ModelsMissing, WarehouseUnavailable
from api.metrics.windows import Window
from api.revenue.errors import BrokenPlace
from api.revenue.queries import REVENUE_BY_SOURCE, REVENUE_TOTALS, TRANSACTIONS, Dimension, Kind, Model
from api.revenue.schemas import RevenueAnswer, RevenueTotal, SourceRevenue, Transaction, TransactionPage
from api.sites.schemas import PeriodShown
from api.warehouse import WarehousePool
from headwater.warehouse.client import WarehouseAway, WarehouseRefused

SOURCE_LIMIT = 1000
"""Sources of one answer."""

_UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81
_NEWEST = (2**62, "")


class RevenueService:
    """The revenue marts of one warehouse. Safe to use from several threads."""

    def __init__(self, pool: WarehousePool) -> None:
        self._pool = pool

    def revenue(self, caller: Caller, window: Window, model: Model, dimension: Dimension) -> RevenueAnswer:
        """The site's revenue over the window, by source. Raises WarehouseUnavailable, ModelsMissing."""
        scope = _scope(caller, window)
        arguments = scope | {"model": model, "dimension": dimension, "limit": SOURCE_LIMIT + 1}
        sources = self._rows(REVENUE_BY_SOURCE, arguments)
        return RevenueAnswer(
            site_id=caller.site_id,
            period=PeriodShown(start=window.start, end=window.end, timezone=caller.timezone),
            model=model,
            group_by=dimension,
            totals=[RevenueTotal(**row) for row in self._rows(REVENUE_TOTALS, scope)],
            sources=[SourceRevenue(**row) for row in sources[:SOURCE_LIMIT]],
            truncated=len(sources) > SOURCE_LIMIT,
        )

    def transactions(
        self, caller: Caller, window: Window, kinds: Sequence[Kind], customer_id: str, before: str | None, limit: int
    ) -> TransactionPage:
        """A page of the site's transactions, the newest first.

        ``before`` is the ``next`` of the page before. Raises BrokenPlace, WarehouseUnavailable, ModelsMissing.
        """
        before_ms, before_id = _read_place(before) if before else _NEWEST
        arguments = _scope(caller, window) | {
            "kinds": list(kinds),
            "customer_id": customer_id,
            "before_ms": before_ms,
            "before_id": before_id,
            # One more than is sent tells whether there are more.
            "limit": limit + 1,
        }
        rows = self._rows(TRANSACTIONS, arguments)
        places = [f"{row.pop('occurred_ms')}.{row['transaction_id']}" for row in rows]
        return TransactionPage(
            transactions=[Transaction(**row) for row in rows[:limit]],
            next=places[limit - 1] if len(rows) > limit else None,
        )

    def _rows(self, sql: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            with self._pool.borrow() as warehouse:
                return warehouse.rows(sql, arguments)
        except WarehouseAway as error:
            raise WarehouseUnavailable(str(error)) from error
        except WarehouseRefused as error:
            if error.code in (_UNKNOWN_TABLE, _UNKNOWN_DATABASE):
                raise ModelsMissing from error
            raise


def _scope(caller: Caller, window: Window) -> dict[str, Any]:
    return {"org_id": caller.org_id, "site_id": caller.site_id, "start": window.start, "end": window.end}


def _read_place(text: str) -> tuple[int, str]:
    milliseconds, _, name = text.partition(".")
    if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) < 16 and name):
        raise BrokenPlace(f"`before` is no place in the list: {text[:80]!r}.")
    return int(milliseconds), name
