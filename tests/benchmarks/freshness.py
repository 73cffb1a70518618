"""Seconds from a POST to its row in ``raw_events.events``, idle and at half of the load the machine can take."""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from headwater.warehouse.client import Warehouse
from tests.benchmarks.figures import Figure
from tests.benchmarks.posting import post_batches
from tests.benchmarks.traffic import batch_requests, encode_events, make_events, single_requests
from tests.stack import Stack, running_stack

PROBES = 40
BATCH = 500


def measure(report: Callable[[str], None] = print) -> list[Figure]:
    """p95 of 40 probes each. Takes about 2 minutes."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack, stack.client() as client:
        _probe(stack, client, 3, seed=1)
        idle = _probe(stack, client, PROBES, seed=2)
        full_rate = _full_rate(stack, client)
        stop = threading.Event()
        load = threading.Thread(target=_keep_posting, args=(stack, full_rate / 2, stop))
        load.start()
        time.sleep(2)
        half = _probe(stack, client, PROBES, seed=3)
        stop.set()
        load.join()
    report(f"  idle: p50 {statistics.median(idle):.2f} s")
    report(f"  at {full_rate / 2:,.0f} events/s: p50 {statistics.median(half):.2f} s")
    return [
        Figure("POST → queryable, p95, idle", [_p95(idle)], 2.0, unit="s", at_least=False),
        Figure("POST → queryable, p95, half load", [_p95(half)], 2.0, unit="s", at_least=False),
    ]


def _p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[-1]


def _probe(stack: Stack, client: Warehouse, count: int, seed: int) -> list[float]:
    events = make_events(count, seed)
    seconds = []
    for event, request in zip(events, single_requests(events, stack.key, "example.com"), strict=True):
        began = time.perf_counter()
        post_batches(stack.api.port, [request], connections=1)
        while not client.value("SELECT count() FROM raw_events.events WHERE id = {id:UUID}", {"id": event["id"]}):
            time.sleep(0.02)
        seconds.append(time.perf_counter() - began)
        time.sleep(0.137)
    return seconds


def _full_rate(stack: Stack, client: Warehouse) -> float:
    events = encode_events(300_000, seed=4)
    before = client.value("SELECT count() FROM raw_events.events")
    began = time.perf_counter()
    post_batches(stack.api.port, batch_requests(events, BATCH, stack.key, "example.com"))
    while client.value("SELECT count() FROM raw_events.events") < before + len(events):
        time.sleep(0.02)
    return len(events) / (time.perf_counter() - began)


def _keep_posting(stack: Stack, rate: float, stop: threading.Event) -> None:
    requests = batch_requests(encode_events(100_000, seed=5), BATCH, stack.key, "example.com")
    began, sent = time.perf_counter(), 0
    while not stop.is_set():
        post_batches(stack.api.port, [requests[sent % len(requests)]], connections=1)
        sent += 1
        ahead = sent * BATCH / rate - (time.perf_counter() - began)
        if ahead > 0:
            time.sleep(ahead)
