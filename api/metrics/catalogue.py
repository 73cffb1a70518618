"""Reads the metric definitions: the dbt Semantic Layer's YAML that lies beside the marts.

The API needs no dbt run and no manifest for it. What the API cannot compile is refused when the definitions are read,
not when somebody asks for the metric.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

AGGREGATIONS = frozenset({"sum", "count", "count_distinct", "average", "min", "max", "sum_boolean", "median"})

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")


class BrokenDefinition(Exception):
    """A metric definition that cannot be served. Names the file's object and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregation over rows of one mart. ``expression`` is SQL over the mart's columns."""

    name: str
    aggregation: str
    expression: str
    window_choice: Literal["", "min", "max"] = ""
    """Of a measure that adds up over everything but time: whether the first or the last day counts."""


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """One mart with its time column, dimensions and measures."""

    name: str
    table: str
    database: str
    time_dimension: str
    time_expression: str
    dimensions: dict[str, str] = field(default_factory=dict)
    """Name to SQL expression."""
    measures: dict[str, Measure] = field(default_factory=dict)
    entity: str = ""

    @property
    def is_of_one_site(self) -> bool:
        """Whether its rows are told apart by site; if not, they are of the whole organization."""
        return "site_id" in self.dimensions


@dataclass(frozen=True, slots=True)
class Metric:
    """A named number. ``simple``: one measure; ``ratio``: two metrics of the same semantic model."""

    name: str
    label: str
    description: str
    kind: Literal["simple", "ratio"]
    model: SemanticModel
    unit: str = "count"
    measure: Measure | None = None
    where: str = ""
    """SQL condition over the mart's columns, empty for none."""
    numerator: str = ""
    denominator: str = ""


class Catalogue:
    """All metrics, by name."""

    def __init__(self, metrics: dict[str, Metric]) -> None:
        self._metrics = metrics

    def __iter__(self) -> Any:
        return iter(self._metrics.values())

    def get(self, name: str) -> Metric | None:
        return self._metrics.get(name)

    def names(self) -> list[str]:
        return list(self._metrics)

    def __getitem__(self, name: str) -> Metric:
        return self._metrics[name]


def read_catalogue(models: Path) -> Catalogue:
    """Read every YAML file below ``models``. Raises BrokenDefinition."""
    documents = [
        yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
        for path in sorted(models.rglob("*.yml"))
    ]
    semantic_models = {
        model["name"]: _read_model(model) for document in documents for model in document.get("semantic_models", [])
    }
    metrics: dict[str, Metric] = {}
    entries = [entry for document in documents for entry in document.get("metrics", [])]
    for entry in sorted(entries, key=lambda entry: entry["type"] != "simple"):
        metrics[entry["name"]] = _read_metric(entry, semantic_models, metrics)
    return Catalogue(dict(sorted(metrics.items())))


def _read_model(entry: dict[str, Any]) -> SemanticModel:
    name = entry["name"]
    dimensions = {item["name"]: item.get("expr") or item["name"] for item in entry.get("dimensions", [])}
    measures = {}
    for item in entry.get("measures", []):
        if item["agg"] not in AGGREGATIONS:
            raise BrokenDefinition(f"semantic model {name}, measure {item['name']}: {item['agg']!r} is not supported")
        measures[item["name"]] = Measure(
            item["name"], item["agg"], str(item.get("expr") or item["name"]), _read_window_choice(item, entry)
        )
    time_dimension = entry["defaults"]["agg_time_dimension"]
    primary = [item["name"] for item in entry.get("entities", []) if item["type"] == "primary"]
    return SemanticModel(
        name=name,
        table=entry["model"].split("'")[1],
        database=(entry.get("config") or {}).get("meta", {}).get("database", "marts"),
        time_dimension=time_dimension,
        time_expression=dimensions.pop(time_dimension),
        dimensions=dimensions,
        measures=measures,
        entity=primary[0] if primary else entry.get("primary_entity", ""),
    )


def _read_window_choice(measure: dict[str, Any], model: dict[str, Any]) -> Literal["", "min", "max"]:
    held = measure.get("non_additive_dimension")
    if not held:
        return ""
    choice: Literal["min", "max"] | None = held.get("window_choice")
    if (
        measure["agg"] != "sum"
        or held.get("name") != model["defaults"]["agg_time_dimension"]
        or choice not in ("min", "max")
        or held.get("window_groupings")
    ):
        raise BrokenDefinition(
            f"semantic model {model['name']}, measure {measure['name']}: only a sum can be of one day, the first (min) "
            "or the last (max) by the model's own time, without groupings"
        )
    return choice


def _read_metric(entry: dict[str, Any], models: dict[str, SemanticModel], known: dict[str, Metric]) -> Metric:
    name, parameters = entry["name"], entry["type_params"]
    meta = (entry.get("config") or {}).get("meta", {})
    described = {
        "name": name,
        "label": entry.get("label", name),
        "description": " ".join(str(entry.get("description", "")).split()),
        "unit": meta.get("unit", "count"),
    }
    if entry["type"] == "simple":
        measure_name = (
            parameters["measure"]["name"] if isinstance(parameters["measure"], dict) else parameters["measure"]
        )
        owners = [model for model in models.values() if measure_name in model.measures]
        if len(owners) != 1:
            raise BrokenDefinition(f"metric {name}: {len(owners)} semantic models have a measure {measure_name!r}")
        where = _read_filter(entry.get("filter"), owners[0], name)
        return Metric(
            **described, kind="simple", model=owners[0], measure=owners[0].measures[measure_name], where=where
        )
    if entry["type"] == "ratio":
        numerator, denominator = (_operand(parameters[side]) for side in ("numerator", "denominator"))
        for operand in (numerator, denominator):
            if operand not in known:
                raise BrokenDefinition(f"metric {name}: there is no simple metric {operand!r}")
        model = known[numerator].model
        if known[denominator].model is not model:
            raise BrokenDefinition(f"metric {name}: {numerator} and {denominator} lie in different semantic models")
        return Metric(**described, kind="ratio", model=model, numerator=numerator, denominator=denominator)
    raise BrokenDefinition(f"metric {name}: type {entry['type']!r} is not supported")


def _operand(value: str | dict[str, Any]) -> str:
    return value["name"] if isinstance(value, dict) else value


def _read_filter(text: str | list[str] | None, model: SemanticModel, metric: str) -> str:
    """Turn ``{{ Dimension('session__is_bot') }} = false`` into SQL over the mart's columns."""
    if not text:
        return ""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    def dimension(qualified: str) -> str:
        entity, _, name = qualified.rpartition("__")
        if (entity and entity != model.entity) or name not in model.dimensions:
            raise BrokenDefinition(f"metric {metric}: its filter names {qualified!r}, which {model.name} does not have")
        return model.dimensions[name]

    environment = SandboxedEnvironment(undefined=StrictUndefined)
    parts = [text] if isinstance(text, str) else text
    return " AND ".join(f"({environment.from_string(part).render(Dimension=dimension)})" for part in parts)
