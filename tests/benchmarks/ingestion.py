"""From HTTP to queryable, as ratios against ClickHouse's own inserts of the same events, interleaved in one run.

The bulk insert is measured twice: with the rows as they are stored, so that both leave the same table, and with the
bodies as clients sent them, which leaves browser, place, campaign and receipt empty and has half as many keys to read.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from headwater.landing import sealed_segments
from headwater.landing.frame import decode_frames
from headwater.warehouse.client import Warehouse
from tests.benchmarks.figures import Figure
from tests.benchmarks.posting import post_batches
from tests.benchmarks.traffic import batch_requests, encode_events, http_request
from tests.stack import Stack, running_stack

EVENTS = 1_000_000
BATCH = 500
CONNECTIONS = 16
"""Clients that send at once. Each waits for its answer, so with four of them the API waits for their next requests."""

DUPLICATE_BATCHES = 20
"""Batches that are sent twice: 1 %."""

SINGLE_INSERTS = 60
"""Fsynced inserts of 1,000 events in a sample, one after the other: enough for a rate."""

INSERT_SETTINGS = "date_time_input_format=best_effort&input_format_skip_unknown_fields=1&async_insert=0"


def measure(samples: int = 5, report: Callable[[str], None] = print) -> list[Figure]:
    """Throughput ratios. Takes about 20 s a sample."""
    as_stored, as_sent, against_inserts, rates = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack, stack.client() as client:
        _make_bulk_table(client)
        _run_ours(stack, client, encode_events(20_000, seed=99))
        _take_landed_lines(stack)
        for n in range(samples):
            events = encode_events(EVENTS, seed=n)
            ours = _run_ours(stack, client, events)
            stored = _run_bulk(stack, client, _take_landed_lines(stack), EVENTS + DUPLICATE_BATCHES * BATCH)
            sent = _run_bulk(stack, client, b"\n".join(events), EVENTS)
            inserts = _run_inserts(stack, client, events[: SINGLE_INSERTS * 1000])
            report(
                f"  sample {n + 1}: ours {ours:,.0f}/s, bulk as stored {stored:,.0f}/s, as sent {sent:,.0f}/s,"
                f" an insert a request {inserts:,.0f}/s"
            )
            rates.append(ours)
            as_stored.append(ours / stored)
            as_sent.append(ours / sent)
            against_inserts.append(ours / inserts)
    return [
        Figure("HTTP → durable → queryable, of bulk JSONEachRow: rows as stored", as_stored, 0.35, note="goal 0.45"),
        Figure("HTTP → durable → queryable, of bulk JSONEachRow: bodies as sent", as_sent, 0.35, note="no enrichment"),
        Figure("HTTP → durable → queryable, of an fsynced insert a request", against_inserts, 6.0, note="1,000 events"),
        Figure("HTTP → durable → queryable", rates, None, unit="events/s", note="this machine, now"),
    ]


def _run_ours(stack: Stack, client: Warehouse, events: list[bytes]) -> float:
    requests = batch_requests(events, BATCH, stack.key, "example.com")
    requests += requests[:DUPLICATE_BATCHES]
    rows = len(events) + DUPLICATE_BATCHES * BATCH
    client.command("TRUNCATE TABLE raw_events.events")
    began = time.perf_counter()
    post_batches(stack.api.port, requests, CONNECTIONS)
    while client.value("SELECT count() FROM raw_events.events") < rows:
        time.sleep(0.02)
    distinct = client.value("SELECT uniqExact(id) FROM raw_events.events")
    seconds = time.perf_counter() - began
    assert distinct == len(events), f"{distinct} distinct events are queryable, {len(events)} were sent"
    return len(events) / seconds


def _make_bulk_table(client: Warehouse) -> None:
    client.command("CREATE DATABASE bulk")
    client.command("CREATE TABLE bulk.events AS raw_events.events")


def _take_landed_lines(stack: Stack) -> bytes:
    """The sample's rows as they were landed: what the loader inserted. The segments are removed."""
    while sealed_segments(stack.home.landing_dir):
        time.sleep(0.02)  # Rows can be queried a moment before their segment is marked as loaded.
    lines = []
    for path in sorted(stack.home.landing_dir.glob("*/loaded/*/*")):
        lines += [frame.event_lines for frame in decode_frames(path.read_bytes(), path)]
        path.unlink()
    return b"".join(lines)


def _run_bulk(stack: Stack, client: Warehouse, lines: bytes, rows: int) -> float:
    client.command("TRUNCATE TABLE bulk.events")
    request = _insert_request(lines)
    began = time.perf_counter()
    post_batches(stack.warehouse.port, [request], connections=1)
    seconds = time.perf_counter() - began
    assert client.value("SELECT count() FROM bulk.events") == rows
    return rows / seconds


def _run_inserts(stack: Stack, client: Warehouse, events: list[bytes]) -> float:
    client.command("TRUNCATE TABLE bulk.events")
    requests = [_insert_request(b"\n".join(events[n : n + 1000])) for n in range(0, len(events), 1000)]
    seconds = post_batches(stack.warehouse.port, requests, connections=1)
    assert client.value("SELECT count() FROM bulk.events") == len(events)
    return len(events) / seconds


def _insert_request(body: bytes) -> bytes:
    path = f"/?query=INSERT+INTO+bulk.events+FORMAT+JSONEachRow&{INSERT_SETTINGS}"
    return http_request(path, body, "none", "127.0.0.1").replace(b"Authorization: Bearer none\r\n", b"")
