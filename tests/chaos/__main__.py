"""`make chaos KILLS=100`."""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.chaos.kills import run_chaos


def main() -> int:
    """Kill, compare, print; exit code 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="make chaos", description="Kill processes at random under load.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run_chaos(Path(folder), arguments.kills, arguments.seed)
    for name, times in report.ready_seconds.items():
        if times:
            print(
                f"{name}: {len(times)} kills, ready after {statistics.median(times):.2f} s, at most {max(times):.2f} s"
            )
    print(f"raw: {report.raw_rows:,} rows of {report.raw_receipts:,} receipts (a repeated load brings a receipt again)")
    print(
        f"chaos: {sum(report.kills.values())} kills, {report.acknowledged:,} acknowledged,"
        f" {len(report.lost)} lost, {len(report.doubled)} doubled, {report.unaccounted} unaccounted for"
    )
    if report.slowest_median > 2:
        print(f"chaos: ready again after {report.slowest_median:.2f} s, which is more than 2 s")
        return 1
    return int(bool(report.lost or report.doubled or report.unaccounted))


sys.exit(main())
