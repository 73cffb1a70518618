"""`make bench`: every benchmark, its table, and build/bench.json."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import embedded, freshness, ingestion, single_events
from tests.benchmarks.figures import Figure, print_figures, write_figures

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "ingestion": ingestion.measure,
    "single_events": single_events.measure,
    "freshness": freshness.measure,
    "embedded": embedded.measure,
}


def main() -> int:
    """Run the named benchmarks, or all. Returns the number of goals missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    figures: list[Figure] = []
    for name in names:
        print(f"{name} …", flush=True)
        figures += BENCHMARKS[name]()
    print_figures(figures)
    path = Path("build/bench.json")
    write_figures(figures, path)
    print(f"written to {path}")
    return sum(figure.verdict == "MISSED" for figure in figures)


sys.exit(main())
