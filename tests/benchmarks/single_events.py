"""Durable single-event POSTs against an empty raw ASGI application under the same server, interleaved."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.supervisor import port_is_taken, unused_port
from tests.benchmarks.figures import Figure
from tests.benchmarks.posting import post_singles
from tests.benchmarks.traffic import make_events, single_requests
from tests.stack import running_stack

REQUESTS = 20_000


async def empty_app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """Reads the body and answers 202 with nothing else: what the server itself costs."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def measure(samples: int = 5, report: Callable[[str], None] = print) -> list[Figure]:
    """The ratio of request rates. Takes about 5 s a sample."""
    ratios, rates = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), services=("api",)) as stack,
        _empty_server() as empty_port,
    ):
        for n in range(samples):
            requests = single_requests(make_events(REQUESTS, seed=1000 + n), stack.key, "example.com")
            ours = REQUESTS / post_singles(stack.api.port, requests)
            empty = REQUESTS / post_singles(empty_port, requests)
            report(f"  sample {n + 1}: durable {ours:,.0f}/s, empty {empty:,.0f}/s")
            ratios.append(ours / empty)
            rates.append(ours)
    return [
        Figure("durable single-event POST, of an empty ASGI app", ratios, 0.4, note="64 connections"),
        Figure("durable single-event POSTs", rates, None, unit="requests/s", note="this machine, now"),
    ]


@contextmanager
def _empty_server() -> Iterator[int]:
    port = unused_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "tests.benchmarks.single_events:empty_app", "--port", str(port)),
            *("--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log"),
        ]
    )
    try:
        while not port_is_taken("127.0.0.1", port):
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
