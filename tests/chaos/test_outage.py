"""ClickHouse away for a minute while events keep coming: nothing is refused, nothing lost, all of it accounted for."""

import time
import uuid
from collections import Counter
from pathlib import Path

import httpx

from cli.services import clickhouse_service
from tests.chaos.kills import build_ledger, drain
from tests.stack import Stack, running_stack

AWAY_SECONDS = 60.0
FRESH, AGAIN, BROKEN = 40, 3, 2


class Sender:
    """Posts batches of fresh, repeated and broken events, and counts what it sent of each."""

    def __init__(self, stack: Stack) -> None:
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{stack.api.port}", headers={"Authorization": f"Bearer {stack.key}"}
        )
        self._known: list[str] = []
        self.sent: Counter[str] = Counter()

    def post(self) -> None:
        fresh = [str(uuid.uuid4()) for _ in range(FRESH)]
        again = self._known[-AGAIN:]
        events = [{"id": name, "event": "tick", "visitor_id": name[:1]} for name in fresh + again]
        events += [{"event": "tick", "userId": "a field the contract does not know"}] * BROKEN
        answer = self._http.post("/api/v1/events/batch", json=events)
        assert answer.status_code == 202, answer.text
        assert len(answer.json()["rejected"]) == BROKEN
        self._known = fresh
        self.sent += Counter(counted=len(fresh), duplicates=len(again), rejected=BROKEN)


def test_a_minute_without_clickhouse_loses_nothing_and_the_backlog_drains_by_itself(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with running_stack(tmp_path, **settings) as stack:
        sender = Sender(stack)
        _post_for(sender, 3)
        stack.supervisor.stop_service("clickhouse")
        _post_for(sender, AWAY_SECONDS)
        stack.supervisor.start(clickhouse_service(stack.warehouse))
        _post_for(sender, 3)
        drain(stack)
        build_ledger(stack)
        with stack.client() as client:
            (ledger,) = client.rows(
                "SELECT sum(received) AS received, sum(counted) AS counted, sum(duplicates) AS duplicates,"
                " sum(rejected) AS rejected, sum(bots) AS bots FROM marts.rpt_ingestion_ledger"
            )

    assert ledger == {"received": sender.sent.total(), "bots": 0, **sender.sent}


def _post_for(sender: Sender, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sender.post()
        time.sleep(0.1)
