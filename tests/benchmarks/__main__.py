"""`make bench`: every benchmark, its table, and build/bench.json."""

import sys
from pathlib import Path

from tests.benchmarks import embedded, freshness, ingestion, single_events
from tests.benchmarks.figures import print_figures, write_figures

BENCHMARKS = {
    "ingestion": ingestion.measure,
    "single_events": single_events.measure,
    "freshness": freshness.measure,
    "embedded": embedded.measure,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all. Returns the number of goals missed."""
    figures = []
    for name in names or BENCHMARKS:
        print(f"{name} …", flush=True)
        figures += BENCHMARKS[name]()
    print_figures(figures)
    path = Path("build/bench.json")
    write_figures(figures, path)
    print(f"written to {path}")
    return sum(figure.verdict == "MISSED" for figure in figures)


sys.exit(main(sys.argv[1:]))
