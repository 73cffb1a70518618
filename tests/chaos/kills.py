"""Kill -9 at random moments under load, the client retrying what was not answered in different batches.

What must hold afterwards: every acknowledged event is in the models exactly once, the ledger closes, and each killed
process was ready again within two seconds.
"""

import os
import random
import signal
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.services import api_service, clickhouse_service
from cli.supervisor import Supervisor
from headwater.landing import sealed_segments
from orchestration.lib.dbt import show_dbt
from tests.stack import Stack, running_stack

VICTIMS = ("api", "loader", "clickhouse")
CLIENTS = 3
MOST_IN_A_BATCH = 200


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """What happened. ``lost`` and ``doubled`` are event ids; ``ready_seconds`` one for each kill."""

    kills: Counter[str]
    acknowledged: int
    lost: list[str]
    doubled: list[str]
    raw_rows: int
    raw_receipts: int
    ready_seconds: dict[str, list[float]]
    unaccounted: int
    """Receipts that the ledger has no outcome for."""

    @property
    def slowest_median(self) -> float:
        """Seconds until ready again: the median of the service with the largest."""
        return max(statistics.median(times) for times in self.ready_seconds.values() if times)


class RetryingClient(threading.Thread):
    """Makes events and posts them until they are acknowledged; what was not answered goes back and is dealt anew."""

    def __init__(self, stack: Stack, stop: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self._stack, self._stop_making, self._choose = stack, stop, random.Random(seed)
        self._waiting: list[str] = []
        self.acknowledged: set[str] = set()

    def run(self) -> None:
        url = f"http://127.0.0.1:{self._stack.api.port}/api/v1/events/batch"
        headers = {"Authorization": f"Bearer {self._stack.key}"}
        with httpx.Client(timeout=5, headers=headers) as http:
            while self._waiting or not self._stop_making.is_set():
                if not self._stop_making.is_set():
                    self._waiting += [self._new_id() for _ in range(self._choose.randrange(1, 100))]
                self._choose.shuffle(self._waiting)
                size = self._choose.randrange(1, MOST_IN_A_BATCH)
                batch, self._waiting = self._waiting[:size], self._waiting[size:]
                self._post(http, url, batch)

    def _post(self, http: httpx.Client, url: str, batch: list[str]) -> None:
        events = [
            {"id": name, "event": "tick", "visitor_id": name[:2], "occurred_at": "2026-11-01T00:00:00Z"}
            for name in batch
        ]
        try:
            answer = http.post(url, json=events)
        except httpx.TransportError:
            self._waiting += batch
            time.sleep(0.02)
            return
        if answer.status_code == 202:
            assert answer.json()["accepted"] == len(batch), answer.text
            self.acknowledged |= set(batch)
        elif answer.status_code == 503:
            self._waiting += batch
            time.sleep(0.1)
        else:
            raise AssertionError(f"{answer.status_code}: {answer.text}")

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._choose.getrandbits(128), version=4))


def run_chaos(
    folder: Path, kills: int, seed: int, report: Callable[[str], None] = print, **settings: str
) -> ChaosReport:
    """Run the stack in ``folder``, kill ``kills`` times, and hold the models against what was acknowledged.

    ``settings``: as of `running_stack`.
    """
    choose = random.Random(seed)
    with running_stack(folder, **settings) as stack:
        stop_making, watcher = threading.Event(), threading.Thread(target=stack.supervisor.watch, daemon=True)
        watcher.start()
        clients = [RetryingClient(stack, stop_making, seed * 100 + n) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        counts: Counter[str] = Counter()
        ready: dict[str, list[float]] = {name: [] for name in VICTIMS}
        for n in range(kills):
            time.sleep(choose.uniform(0.1, 1.2))
            victim = choose.choice(VICTIMS)
            counts[victim] += 1
            ready[victim].append(_kill(stack, victim))
            report(f"  kill {n + 1} of {kills}: {victim}, ready again after {ready[victim][-1]:.2f} s")
        stop_making.set()
        for client in clients:
            client.join(120)
            assert not client.is_alive(), "a client did not get its events through"
        acknowledged = set().union(*(client.acknowledged for client in clients))
        report(f"  {len(acknowledged):,} events acknowledged; waiting for the backlog to drain")
        drain(stack)
        return _compare(stack, counts, acknowledged, ready)


def _kill(stack: Stack, victim: str) -> float:
    """Kill the process and return the seconds until it is ready again."""
    supervisor = stack.supervisor
    killed = supervisor.process_id(victim)
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    is_ready = _readiness(stack, victim, supervisor)
    while supervisor.process_id(victim) == killed or not is_ready():
        assert time.monotonic() - began < 60, f"{victim} did not come back"
        time.sleep(0.01)
    return time.monotonic() - began


def _readiness(stack: Stack, victim: str, supervisor: Supervisor) -> Callable[[], bool]:
    if victim == "api":
        return api_service(stack.api).is_ready
    if victim == "clickhouse":
        return clickhouse_service(stack.warehouse).is_ready
    log = stack.home.home / "logs" / "loader.log"
    before = log.read_text().count("loader: ready")
    return lambda: log.read_text().count("loader: ready") > before


def drain(stack: Stack) -> None:
    """Wait until the landing log has had no sealed segment for two seconds."""
    deadline = time.monotonic() + 120
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 2:
        if sealed_segments(stack.home.landing_dir):
            quiet_since = time.monotonic()
        assert time.monotonic() < deadline, "the backlog did not drain"
        time.sleep(0.1)


def build_ledger(stack: Stack) -> None:
    """Build the models of the events and of what became of each receipt, and run the tests that hold these together."""
    select = ("--select", "+rpt_ingestion_ledger", "+rpt_daily_usage", "--indirect-selection", "cautious")
    options = ("--exclude-resource-type", "unit_test", "--quiet")
    assert show_dbt(["build", *select, *options], stack.warehouse, stack.home) == 0


def _compare(stack: Stack, counts: Counter[str], acknowledged: set[str], ready: dict[str, list[float]]) -> ChaosReport:
    build_ledger(stack)
    with stack.client() as client:
        modelled = Counter(str(row[0]) for row in client.query("SELECT id FROM staging.stg_events__events")[1])
        raw_rows = client.value("SELECT count() FROM raw_events.events")
        receipts = client.value("SELECT uniqExact(collector_id, sequence) FROM raw_events.events")
        accounted = client.value("SELECT sum(counted + bots + duplicates + rejected) FROM marts.rpt_ingestion_ledger")
    return ChaosReport(
        kills=counts,
        acknowledged=len(acknowledged),
        lost=sorted(acknowledged - modelled.keys()),
        doubled=sorted(name for name, count in modelled.items() if count > 1),
        raw_rows=raw_rows,
        raw_receipts=receipts,
        ready_seconds=ready,
        unaccounted=receipts - accounted,
    )
