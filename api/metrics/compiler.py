"""Compiles a metric query to one ClickHouse SELECT with bound arguments.

sqlglot builds the tree: what a definition or a request contributes is parsed as an expression and cannot escape its
place. Values never enter the text, they are bound by ClickHouse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from api.metrics.catalogue import GRAINS, Catalogue, Measure, Metric, SemanticModel

_TRUNCATE = {
    "day": "toDate",
    "week": "toMonday",
    "month": "toStartOfMonth",
    "quarter": "toStartOfQuarter",
    "year": "toStartOfYear",
}

_ROWS = "mart_rows"


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """SQL for ClickHouse with ``{name:Type}`` places, and what goes there."""

    sql: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows a caller may see: an organization, one of its sites, and days from ``start`` up to but not ``end``."""

    org_id: str
    site_id: str
    start: date
    end: date


def compile_query(
    catalogue: Catalogue,
    metrics: Sequence[Metric],
    scope: Scope,
    group_by: Sequence[str] = (),
    order: Sequence[tuple[str, bool]] = (),
    limit: int | None = None,
) -> CompiledQuery:
    """One SELECT of one or more metrics of the same semantic model, a column for each group and each metric.

    ``group_by`` holds dimensions of the model, or grains of time (``day``, ``week``, …). ``order`` holds column
    names and whether they go down; by default the groups, up. ``limit`` is the most groups, by default all.
    """
    model = metrics[0].model
    groups = [exp.alias_(_group(model, name), name) for name in group_by]
    values = [exp.alias_(_value(catalogue, metric), metric.name) for metric in metrics]
    query = exp.select(*groups, *values).from_(exp.table_(model.table, db=model.database, alias=_ROWS))
    for condition in [*_conditions(model), *_shared_filter(catalogue, metrics)]:
        query = query.where(condition)
    if groups:
        query = query.group_by(*(exp.column(name) for name in group_by))
        ordering = list(order) + [(name, False) for name in group_by if name not in dict(order)]
        query = query.order_by(*(exp.Ordered(this=exp.column(name), desc=down) for name, down in ordering))
        if limit is not None:
            query = query.limit(limit)
    arguments = {"org_id": scope.org_id, "site_id": scope.site_id, "start": scope.start, "end": scope.end}
    return CompiledQuery(query.sql(dialect="clickhouse"), arguments)


def _conditions(model: SemanticModel) -> list[exp.Expr]:
    time = model.time_expression
    conditions = ["org_id = {org_id:String}", f"{time} >= {{start:Date}}", f"{time} < {{end:Date}}"]
    if model.is_of_one_site:
        conditions.append("site_id = {site_id:String}")
    return [_parse(condition) for condition in conditions]


def _shared_filter(catalogue: Catalogue, metrics: Sequence[Metric]) -> list[exp.Expr]:
    """The filter that all metrics have, if they do: groups that only other rows fall into are none of theirs."""
    measured = [part for metric in metrics for part in _parts(catalogue, metric)]
    (where, *others) = {metric.where for metric in measured}
    return [_parse(where)] if where and not others else []


def _parts(catalogue: Catalogue, metric: Metric) -> list[Metric]:
    """The simple metrics that a metric is made of."""
    if metric.kind == "simple":
        return [metric]
    return [catalogue[metric.numerator], catalogue[metric.denominator]]


def _group(model: SemanticModel, name: str) -> exp.Expr:
    if name in GRAINS:
        return _parse(f"{_TRUNCATE[name]}({model.time_expression})")
    return _parse(model.dimensions[name])


def _value(catalogue: Catalogue, metric: Metric) -> exp.Expr:
    if metric.kind == "simple":
        assert metric.measure is not None
        return _parse(_aggregate(metric.measure, metric.where, metric.model.time_expression))
    numerator = _value(catalogue, catalogue[metric.numerator]).sql(dialect="clickhouse")
    denominator = _value(catalogue, catalogue[metric.denominator]).sql(dialect="clickhouse")
    return _parse(f"if({denominator} = 0, 0, {numerator} / {denominator})")


def _aggregate(measure: Measure, where: str, time: str) -> str:
    """The aggregate call; a filter becomes ClickHouse's ``-If`` so that metrics with other filters share the scan.

    What does not add up over time becomes ``-ArgMin`` or ``-ArgMax``: the sum over the first or last day of each group.
    """
    functions = {
        "sum": "sum",
        "sum_boolean": "sum",
        "count": "count",
        "count_distinct": "uniqExact",
        "average": "avg",
        "min": "min",
        "max": "max",
        "median": "median",
    }
    function, arguments = functions[measure.aggregation], [measure.expression]
    if measure.window_choice:
        function, arguments = f"{function}Arg{measure.window_choice.title()}", [*arguments, time]
    if where:
        function, arguments = f"{function}If", [*arguments, where]
    return f"{function}({', '.join(arguments)})"


@cache
def _parse(text: str) -> exp.Expr:
    """The expression with each column named as the mart's.

    A metric may bear the name of a column of its mart, and ClickHouse takes a bare name for the metric first.
    """
    parsed = sqlglot.parse_one(text, dialect="clickhouse")
    for column in parsed.find_all(exp.Column):
        column.set("table", exp.to_identifier(_ROWS))
    return parsed
