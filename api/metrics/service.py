"""Answers questions for metrics: compile, ask the warehouse, shape the rows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.auth import Caller
from api.errors import MissingScope
from api.metrics.catalogue import GRAINS, Catalogue, Metric
from api.metrics.errors import ModelsMissing, UnknownGroup, UnknownMetric, WarehouseUnavailable
from api.metrics.schemas import MetricAnswer, MetricDescription, MetricLibrary, MetricRow
from api.metrics.windows import Window
from api.warehouse import WarehousePool
from headwater.warehouse.client import WarehouseAway, WarehouseRefused

if TYPE_CHECKING:
    from api.metrics.compiler import CompiledQuery

ROW_LIMIT = 10_000
"""Rows of one answer."""

_UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81


class MetricService:
    """The metric library over one warehouse. Safe to use from several threads."""

    def __init__(self, catalogue: Catalogue, pool: WarehousePool) -> None:
        self.catalogue = catalogue
        self._pool = pool

    def library(self) -> MetricLibrary:
        """Every metric."""
        return MetricLibrary(metrics=[describe(metric) for metric in self.catalogue])

    def find(self, name: str) -> Metric:
        """Raises UnknownMetric."""
        metric = self.catalogue.get(name)
        if metric is None:
            raise UnknownMetric(f"There is no metric {name!r}.", metrics=self.catalogue.names())
        return metric

    def answer(self, caller: Caller, name: str, window: Window, group_by: Sequence[str]) -> MetricAnswer:
        """The metric over the window, in total and by group.

        Raises UnknownMetric, UnknownGroup, WarehouseUnavailable, ModelsMissing, or MissingScope for a metric that is of
        the whole organization.
        """
        metric = self.find(name)
        (total,) = self.rows(caller, [metric], window)
        # One more than is sent tells whether there are more.
        compiled, rows = self.ask(caller, [metric], window, group_by, limit=ROW_LIMIT + 1) if group_by else (None, [])
        return MetricAnswer(
            metric=describe(metric),
            start=window.start,
            end=window.end,
            total=total[name],
            rows=[MetricRow(value=row.pop(name), group=row) for row in rows[:ROW_LIMIT]],
            truncated=len(rows) > ROW_LIMIT,
            sql=(compiled or self._compile(caller, [metric], window)).sql,
        )

    def rows(
        self,
        caller: Caller,
        metrics: Sequence[Metric],
        window: Window,
        group_by: Sequence[str] = (),
        **how: Any,
    ) -> list[dict[str, Any]]:
        """Rows of metrics that share a semantic model: a column for each group and each metric."""
        return self.ask(caller, metrics, window, group_by, **how)[1]

    def ask(
        self,
        caller: Caller,
        metrics: Sequence[Metric],
        window: Window,
        group_by: Sequence[str] = (),
        **how: Any,
    ) -> "tuple[CompiledQuery, list[dict[str, Any]]]":
        """The query and its rows."""
        compiled = self._compile(caller, metrics, window, group_by, **how)
        try:
            with self._pool.borrow() as warehouse:
                rows = warehouse.rows(compiled.sql, compiled.arguments)
        except WarehouseAway as error:
            raise WarehouseUnavailable(str(error)) from error
        except WarehouseRefused as error:
            if error.code in (_UNKNOWN_TABLE, _UNKNOWN_DATABASE):
                raise ModelsMissing from error
            raise
        return compiled, [{name: _plain(value) for name, value in row.items()} for row in rows]

    def _compile(
        self, caller: Caller, metrics: Sequence[Metric], window: Window, group_by: Sequence[str] = (), **how: Any
    ) -> "CompiledQuery":
        # sqlglot takes 0.15 s to import, which the collector, in the same process, needn't wait for.
        from api.metrics.compiler import Scope, compile_query

        for name in group_by:
            if name not in groups_of(metrics[0]):
                raise UnknownGroup(f"{metrics[0].name} cannot be grouped by {name!r}.", groups=groups_of(metrics[0]))
        if not metrics[0].model.is_of_one_site and "usage:read" not in caller.scopes:
            raise MissingScope(
                f"{metrics[0].name} is of the whole organization: the key {caller.key_id} lacks the scope usage:read."
            )
        scope = Scope(caller.org_id, caller.site_id, window.start, window.end)
        return compile_query(self.catalogue, metrics, scope, group_by, **how)


def groups_of(metric: Metric) -> list[str]:
    """What a metric can be grouped by. A caller sees one site, so that is no group."""
    return [*GRAINS, *(name for name in metric.model.dimensions if name not in ("site_id", "is_bot"))]


def describe(metric: Metric) -> MetricDescription:
    """The metric as the library shows it."""
    return MetricDescription(
        name=metric.name,
        label=metric.label,
        description=metric.description,
        unit=metric.unit,
        kind=metric.kind,
        group_by=groups_of(metric),
        source=f"{metric.model.database}.{metric.model.table}",
    )


def _plain(value: Any) -> Any:
    """A value as JSON carries it: exact decimals become integers where they are whole."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return round(value, 6)
    return value
