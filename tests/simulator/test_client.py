"""The client, against collectors that answer late, not at all, or not what one hopes for."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulator import simulate
from simulator.client import CollectorAway, RequestRefused, SendReport, send
from simulator.delivery import ClientRequest

KEYS = {"a": "key-a", "b": "key-b"}
REQUESTS = [
    ClientRequest(site_id, tuple(b'{"n":"%s-%d-%d"}' % (site_id.encode(), number, event) for event in range(20)))
    for number in range(10)
    for site_id in "ab"
]
TOTAL = sum(len(request.events) for request in REQUESTS)

Treatment = Callable[[int], int | None]
"""Number of the request, from 0, to the status of the answer; None hangs up after storing."""


class Collector(ThreadingHTTPServer):
    """Stores what it accepts, and treats each request as it is told."""

    daemon_threads = True

    def __init__(self, treat: Treatment) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.treat = treat
        self.lock = threading.Lock()
        self.batches: list[tuple[str, ...]] = []
        self.stored: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.connections: set[object] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        names = tuple(event["n"] for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        collector = self.server
        with collector.lock:
            status = collector.treat(len(collector.batches))
            collector.batches.append(names)
            collector.keys.add(self.headers["Authorization"])
            collector.connections.add(self.client_address)
            if status in (202, None):
                collector.stored.update(names)
        if status is None:
            self.close_connection = True
            return
        refused = [{"index": n, "code": "odd"} for n, name in enumerate(names) if name.endswith("-0-0")]
        body = json.dumps({"accepted": len(names) - len(refused), "rejected": refused}).encode()
        self.send_response(status)
        if status in (429, 503):
            self.send_header("Retry-After", "0.05")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(treat: Treatment) -> Iterator[Collector]:
    with Collector(treat) as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()


def everything() -> Counter[str]:
    return Counter(json.loads(event)["n"] for request in REQUESTS for event in request.events)


def deliver(collector: Collector, **options: float) -> SendReport:
    return send(REQUESTS, TOTAL, KEYS, collector.address, patience_seconds=options.get("patience_seconds", 20))


def test_every_event_is_sent_once_over_a_few_connections_with_the_key_of_its_site() -> None:
    with running(lambda _: 202) as collector:
        report = deliver(collector)
    assert collector.stored == everything()
    assert collector.keys == {"Bearer key-a", "Bearer key-b"}
    assert len(collector.connections) <= 4
    assert (report.accepted, report.rejected, report.events) == (TOTAL - 2, Counter(odd=2), TOTAL)
    assert (report.answered, report.put_off, report.unanswered) == (len(REQUESTS), 0, 0)


@pytest.mark.parametrize("status", [429, 503])
def test_what_is_put_off_is_sent_again_later(status: int) -> None:
    with running(lambda number: status if number % 3 == 0 else 202) as collector:
        report = deliver(collector)
    assert collector.stored == everything()
    assert report.put_off > 0
    assert report.events == TOTAL


@pytest.mark.parametrize("status", [None, 500])
def test_what_was_not_answered_is_sent_again_in_batches_of_another_make_up(status: int | None) -> None:
    with running(lambda number: status if number % 2 == 0 and number < 30 else 202) as collector:
        report = deliver(collector)
    assert set(collector.stored) == set(everything())
    assert report.unanswered >= 10
    assert report.events == TOTAL
    sent = Counter(frozenset(batch) for batch in collector.batches if len(batch) > 10)
    assert max(sent.values()) == 1


def test_progress_and_answers_are_told_as_they_come() -> None:
    told: list[tuple[int, int]] = []
    answered: Counter[bytes] = Counter()
    with running(lambda number: 503 if number == 0 else 202) as collector:
        send(
            REQUESTS,
            TOTAL,
            KEYS,
            collector.address,
            progress=lambda sent, total: told.append((sent, total)),
            on_answer=lambda request, _: answered.update(request.events),
        )
    assert told[-1] == (TOTAL, TOTAL)
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)
    assert answered == Counter(event for request in REQUESTS for event in request.events)


def test_a_wrong_key_ends_the_sending() -> None:
    with running(lambda _: 401) as collector, pytest.raises(RequestRefused, match="401") as refused:
        deliver(collector)
    assert refused.value.status == 401


def test_a_site_without_a_key_ends_the_sending() -> None:
    with running(lambda _: 202) as collector, pytest.raises(KeyError):
        send(REQUESTS, TOTAL, {"a": "key-a"}, collector.address)


def test_an_error_of_the_callers_own_is_the_callers() -> None:
    def stop(*_: object) -> None:
        raise LookupError("mine")

    with running(lambda _: 202) as collector, pytest.raises(LookupError, match="mine"):
        send(REQUESTS, TOTAL, KEYS, collector.address, progress=stop)


def test_patience_ends(free_port: int) -> None:
    with pytest.raises(CollectorAway, match="no answer"):
        send(REQUESTS, TOTAL, KEYS, f"http://127.0.0.1:{free_port}", patience_seconds=0.3)


def test_a_simulation_arrives_whole() -> None:
    simulation = simulate(5, date(2026, 10, 1), days=2, scale=0.02)
    texts: Counter[bytes] = Counter()

    class Raw(Handler):
        def do_POST(self) -> None:
            events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"accepted": len(events), "rejected": []}).encode()
            self.send_response(202)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with running(lambda _: 202) as collector:
        collector.RequestHandlerClass = Raw
        report = send(
            simulation.requests(),
            simulation.total,
            dict.fromkeys((site.site_id for site in simulation.sites), "key"),
            collector.address,
            on_answer=lambda request, _: texts.update(request.events),
        )
    assert report.accepted == simulation.total == simulation.truth.total.received
    assert texts == Counter(event for request in simulation.requests() for event in request.events)
