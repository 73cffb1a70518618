"""From HTTP to queryable, as ratios against ClickHouse's own inserts of the same events, interleaved in one run."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import migrations, statements
from tests.benchmarks.figures import Figure
from tests.benchmarks.posting import post_batches
from tests.benchmarks.traffic import batch_requests, http_request, make_events
from tests.stack import Stack, running_stack

EVENTS = 500_000
BATCH = 500
DUPLICATE_BATCHES = 10
"""Batches that are sent twice: 1 %."""

SINGLE_INSERTS = 60
"""Fsynced inserts of 1,000 events in a sample: enough for a rate, at a sixth of our speed."""

INSERT_SETTINGS = "date_time_input_format=best_effort&input_format_skip_unknown_fields=1&async_insert=0"


def measure(samples: int = 5, report: Callable[[str], None] = print) -> list[Figure]:
    """Throughput ratios. Takes about 20 s a sample."""
    against_bulk, against_inserts, rates = [], [], []
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack, stack.client() as client:
        _make_bulk_table(client)
        _run_ours(stack, client, 20_000, seed=99)
        for n in range(samples):
            ours = _run_ours(stack, client, EVENTS, seed=n)
            bulk = _run_bulk(stack, client, EVENTS, seed=n)
            inserts = _run_inserts(stack, client, SINGLE_INSERTS, seed=n)
            report(f"  sample {n + 1}: ours {ours:,.0f}/s, bulk {bulk:,.0f}/s, insert per request {inserts:,.0f}/s")
            rates.append(ours)
            against_bulk.append(ours / bulk)
            against_inserts.append(ours / inserts)
    return [
        Figure(
            "HTTP → durable → queryable, of bulk JSONEachRow", against_bulk, 0.35, note="goal 0.45; 500 events a batch"
        ),
        Figure("HTTP → durable → queryable, of an fsynced insert a request", against_inserts, 6.0, note="1,000 events"),
        Figure("HTTP → durable → queryable", rates, None, unit="events/s", note="this machine, now"),
    ]


def _run_ours(stack: Stack, client: Warehouse, count: int, seed: int) -> float:
    events = make_events(count, seed)
    requests = batch_requests(events, BATCH, stack.key, "example.com")
    requests += requests[:DUPLICATE_BATCHES]
    rows = count + DUPLICATE_BATCHES * BATCH
    client.command("TRUNCATE TABLE raw_events.events")
    began = time.perf_counter()
    post_batches(stack.api.port, requests)
    while client.value("SELECT count() FROM raw_events.events") < rows:
        time.sleep(0.02)
    distinct = client.value("SELECT uniqExact(id) FROM raw_events.events")
    seconds = time.perf_counter() - began
    assert distinct == count, f"{distinct} distinct events are queryable, {count} were sent"
    return count / seconds


def _make_bulk_table(client: Warehouse) -> None:
    client.command("CREATE DATABASE bulk")
    (definition,) = [s for s in statements(migrations()[0][1]) if "raw_events.events" in s]
    client.command(definition.replace("raw_events.events", "bulk.events"))


def _run_bulk(stack: Stack, client: Warehouse, count: int, seed: int) -> float:
    body = b"\n".join(msgspec.json.encode(event) for event in make_events(count, seed))
    client.command("TRUNCATE TABLE bulk.events")
    request = _insert_request(body)
    began = time.perf_counter()
    post_batches(stack.warehouse.port, [request], connections=1)
    seconds = time.perf_counter() - began
    assert client.value("SELECT count() FROM bulk.events") == count
    return count / seconds


def _run_inserts(stack: Stack, client: Warehouse, inserts: int, seed: int) -> float:
    events = make_events(inserts * 1000, seed)
    client.command("TRUNCATE TABLE bulk.events")
    requests = [
        _insert_request(b"\n".join(msgspec.json.encode(event) for event in events[n : n + 1000]))
        for n in range(0, len(events), 1000)
    ]
    seconds = post_batches(stack.warehouse.port, requests)
    assert client.value("SELECT count() FROM bulk.events") == len(events)
    return len(events) / seconds


def _insert_request(body: bytes) -> bytes:
    path = f"/?query=INSERT+INTO+bulk.events+FORMAT+JSONEachRow&{INSERT_SETTINGS}"
    return http_request(path, body, "none", "127.0.0.1").replace(b"Authorization: Bearer none\r\n", b"")
