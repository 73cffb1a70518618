"""Posts a simulation's requests to a collector over a few keep-alive connections, and does not give up lightly.

What was not answered, or was put off with 429 or 503, goes back into a pool of its site and is sent again in batches of
another make-up, as clients with a queue do: the collector may not count on seeing the same batch twice.

SendError
├── CollectorAway      nothing was answered for longer than the patience allows
└── RequestRefused     an answer that asking again won't change, as for a wrong key
"""

import http.client
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from headwater.contracts.limits import BATCH_EVENTS
from simulator.delivery import ClientRequest

PATH = "/api/v1/events/batch"
USER_AGENT = "Headwater-Simulator/1"
CONNECTIONS = 4
PATIENCE_SECONDS = 60.0
_TIMEOUT_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0


class SendError(Exception):
    """The events could not be delivered."""


class CollectorAway(SendError):
    """Nothing was answered for longer than the patience allows."""


class RequestRefused(SendError):
    """The collector refused a request for good. ``status`` is the answer's."""

    def __init__(self, site_id: str, status: int, text: str) -> None:
        super().__init__(f"the collector answered {status} to a batch of site {site_id!r}: {text}")
        self.status = status


class RejectedIndex(msgspec.Struct, frozen=True):
    """An event of the batch that was refused."""

    index: int
    code: str
    reason: str = ""
    field: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the collector answers to a batch."""

    accepted: int
    rejected: tuple[RejectedIndex, ...] = ()


@dataclass(slots=True)
class SendReport:
    """Totals of the answers."""

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Refused events by code."""
    answered: int = 0
    """Requests answered with 2xx."""
    put_off: int = 0
    """Requests answered with 429 or 503."""
    unanswered: int = 0
    """Requests that got no answer, or an internal error: their events may have been stored all the same."""
    seconds: float = 0.0

    @property
    def events(self) -> int:
        """Events the collector answered for."""
        return self.accepted + self.rejected.total()


def send(
    requests: Iterable[ClientRequest],
    total: int,
    keys: Mapping[str, str],
    address: str,
    *,
    connections: int = CONNECTIONS,
    patience_seconds: float = PATIENCE_SECONDS,
    progress: Callable[[int, int], None] | None = None,
    on_answer: Callable[[ClientRequest, Answer], None] | None = None,
) -> SendReport:
    """Post every request and return the totals once all events are answered.

    ``keys`` holds an API key for each site, ``address`` is the API's, as in ``http://127.0.0.1:8000``. ``progress`` is
    called with the events answered so far and ``total``; ``on_answer`` with each batch as it was sent and its answer.
    Both are called by one thread at a time. Raises CollectorAway or RequestRefused; what was answered stays answered.
    """
    queue = _Queue(iter(requests), total, patience_seconds, progress, on_answer)
    workers = [
        threading.Thread(target=_work, args=(queue, keys, address, number), name=f"simulator-{number}", daemon=True)
        for number in range(connections)
    ]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    finally:
        queue.stop()
    queue.report.seconds = time.monotonic() - began
    if queue.error:
        raise queue.error
    return queue.report


class _Queue:
    """The requests still to send, shared by the workers: fresh ones, and pools of events to send again."""

    def __init__(
        self,
        requests: Iterator[ClientRequest],
        total: int,
        patience_seconds: float,
        progress: Callable[[int, int], None] | None,
        on_answer: Callable[[ClientRequest, Answer], None] | None,
    ) -> None:
        self.report = SendReport()
        self.error: Exception | None = None
        self._fresh: Iterator[ClientRequest] | None = requests
        self._total = total
        self._patience_seconds = patience_seconds
        self._progress = progress
        self._on_answer = on_answer
        self._again: defaultdict[str, list[bytes]] = defaultdict(list)
        self._not_before: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._in_flight = 0
        self._patient_until = time.monotonic() + patience_seconds
        self._changed = threading.Condition()
        self._choose = random.Random(0)

    def take(self) -> ClientRequest | None:
        """The next request; waits while there may still be one. None at the end."""
        with self._changed:
            while not self.error:
                request = self._take_again() or self._take_fresh()
                if request:
                    self._in_flight += 1
                    return request
                if not self._in_flight and not any(self._again.values()):
                    self._changed.notify_all()
                    return None
                self._changed.wait(self._pause())
            return None

    def _take_again(self) -> ClientRequest | None:
        now = time.monotonic()
        for site_id, events in self._again.items():
            if events and self._not_before.get(site_id, 0) <= now:
                self._choose.shuffle(events)
                # Never the whole pool: it may hold one batch, which would then be sent as it was.
                size = self._choose.randint(1, max(1, min(len(events) - 1, BATCH_EVENTS)))
                self._again[site_id] = events[size:]
                return ClientRequest(site_id, tuple(events[:size]))
        return None

    def _take_fresh(self) -> ClientRequest | None:
        # While a site is put off, its pool would only grow.
        if self._fresh is None or any(self._again.values()):
            return None
        try:
            request = next(self._fresh, None)
        except Exception as error:  # noqa: BLE001  the caller's iterator: its error is raised by send
            self._fail(error)
            return None
        if request is None:
            self._fresh = None
        return request

    def _pause(self) -> float | None:
        waits = [self._not_before.get(site_id, 0) for site_id, events in self._again.items() if events]
        return max(0.0, min(waits) - time.monotonic()) if waits else None

    def settle(self, request: ClientRequest, answer: Answer) -> None:
        """A request was answered."""
        with self._changed:
            self._in_flight -= 1
            self._failures[request.site_id] = 0
            self._patient_until = time.monotonic() + self._patience_seconds
            self.report.answered += 1
            self.report.accepted += answer.accepted
            self.report.rejected.update(rejection.code for rejection in answer.rejected)
            try:
                if self._on_answer:
                    self._on_answer(request, answer)
                if self._progress:
                    self._progress(self.report.events, self._total)
            except Exception as error:  # noqa: BLE001  the caller's function: its error is raised by send
                self._fail(error)
            self._changed.notify_all()

    def put_back(self, request: ClientRequest, retry_after: float | None, problem: str) -> None:
        """A request was put off for ``retry_after`` seconds or, with None, not answered at all."""
        with self._changed:
            self._in_flight -= 1
            now = time.monotonic()
            if retry_after is None:
                self.report.unanswered += 1
                pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** self._failures[request.site_id])
                self._failures[request.site_id] += 1
                if now > self._patient_until:
                    self._fail(CollectorAway(f"no answer for {self._patience_seconds:.0f} s: {problem}"))
            else:
                # To be told when to come back is an answer: patience starts again then.
                self.report.put_off += 1
                pause = retry_after
                self._patient_until = max(self._patient_until, now + retry_after + self._patience_seconds)
            self._again[request.site_id] += request.events
            self._not_before[request.site_id] = now + pause
            self._changed.notify_all()

    def fail(self, error: Exception) -> None:
        """End the sending with an error."""
        with self._changed:
            self._in_flight -= 1
            self._fail(error)

    def stop(self) -> None:
        """Let the workers end after the request they are at."""
        with self._changed:
            self._fresh = None
            self._again.clear()
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        self.error = self.error or error
        self._changed.notify_all()


def _work(queue: _Queue, keys: Mapping[str, str], address: str, number: int) -> None:
    connection = _open(address)
    while request := queue.take():
        try:
            answer = _post(connection, request, keys[request.site_id])
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            queue.put_back(request, None, str(error) or type(error).__name__)
        except _PutOff as later:
            queue.put_back(request, later.seconds, "")
        except Exception as error:  # noqa: BLE001  a worker's error is raised by send
            queue.fail(error)
        else:
            queue.settle(request, answer)
    connection.close()


def _open(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "127.0.0.1", parts.port, timeout=_TIMEOUT_SECONDS)


class _PutOff(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _post(connection: http.client.HTTPConnection, request: ClientRequest, key: str) -> Answer:
    connection.request(
        "POST",
        PATH,
        request.body,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "User-Agent": USER_AGENT},
    )
    response = connection.getresponse()
    body = response.read()
    if response.status in (429, 503):
        raise _PutOff(_seconds(response.getheader("Retry-After")))
    if response.status >= 500:
        raise http.client.HTTPException(f"status {response.status}")
    if response.status >= 300:
        raise RequestRefused(request.site_id, response.status, body[:300].decode("utf-8", "replace"))
    return msgspec.json.decode(body, type=Answer)


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.01, float(retry_after or 1))
    except ValueError:
        return 1.0
