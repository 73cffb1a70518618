"""What a benchmark found: figures, their table, and build/bench.json."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: the median of its samples, against a goal.

    ``at_least`` says whether more is better (a ratio of speeds) or less (seconds).
    """

    name: str
    samples: Sequence[float]
    goal: float | None
    unit: str = "ratio"
    at_least: bool = True
    note: str = ""
    value: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", statistics.median(self.samples))

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        met = self.value >= self.goal if self.at_least else self.value <= self.goal
        return "met" if met else "MISSED"


def write_figures(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as JSON, samples included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figure) | {"verdict": figure.verdict} for figure in figures], indent=2) + "\n")


def print_figures(figures: Sequence[Figure]) -> None:
    """Print the figures as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "median", "goal", "", "min – max", "samples", "note")
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        table.add_row(
            figure.name,
            f"{figure.value:.3g} {figure.unit}",
            "" if figure.goal is None else f"{sign} {figure.goal:g}",
            figure.verdict,
            f"{min(figure.samples):.3g} – {max(figure.samples):.3g}",
            str(len(figure.samples)),
            figure.note,
        )
    Console(width=160).print(table)
