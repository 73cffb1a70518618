"""``python -m simulator``: the requests as NDJSON on stdout, for reading; the truth into a file."""

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from simulator.simulation import BATCH_SIZE, DAYS, simulate
from simulator.truth import Truth


def main(arguments: list[str] | None = None) -> int:
    """Write the requests, one a line: ``{"site_id": …, "events": […]}``."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same requests (default: 1)")
    parser.add_argument("--start", type=date.fromisoformat, help="first local day (default: DAYS + 1 days ago)")
    parser.add_argument("--days", type=int, default=DAYS, help=f"days to simulate (default: {DAYS})")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 200,000 events in 30 days (default: 1)")
    parser.add_argument("--batch-size", type=int, default=BATCH_SIZE, help=f"events a request (default: {BATCH_SIZE})")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write the numbers that must come out, as JSON")
    chosen = parser.parse_args(arguments)
    start = chosen.start or datetime.now(UTC).date() - timedelta(days=chosen.days + 1)
    simulation = simulate(chosen.seed, start, chosen.days, chosen.scale, batch_size=chosen.batch_size)
    if chosen.truth:
        chosen.truth.write_bytes(msgspec.json.encode(_as_json(simulation.truth)))
    encode = msgspec.json.Encoder().encode
    try:
        for request in simulation.requests():
            site_id, body = encode(request.site_id), request.body
            sys.stdout.buffer.write(b'{"site_id":' + site_id + b',"events":' + body + b"}\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader has seen enough, as `head` does; what is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _as_json(truth: Truth) -> dict[str, object]:
    return {
        "site_days": [
            {"site_id": site_id, "day": day, **msgspec.to_builtins(row)}
            for (site_id, day), row in sorted(truth.site_days.items())
        ],
        "usage": [
            {"org_id": org_id, "day": day, "metric": metric, **msgspec.to_builtins(row)}
            for (org_id, day, metric), row in sorted(truth.usage.items())
        ],
        "content": [
            {"site_id": site_id, "content_id": content_id, "currency": currency, **msgspec.to_builtins(row)}
            for (site_id, content_id, currency), row in sorted(truth.content.items())
        ],
        "ledger": truth.ledger,
        "rejected_codes": truth.rejected_codes,
        "funnels": truth.funnels,
    }


if __name__ == "__main__":
    sys.exit(main())
