"""``python -m simulator``."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from simulator import simulate
from simulator.__main__ import main


def test_the_requests_are_written_as_ndjson_and_the_truth_as_json(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = ["--seed", "4", "--start", "2026-10-01", "--days", "2", "--scale", "0.1", "--batch-size", "100"]
    assert main([*arguments, "--truth", str(tmp_path / "truth.json")]) == 0
    lines = [msgspec.json.decode(line) for line in capfdbinary.readouterr().out.splitlines()]
    simulation = simulate(4, date(2026, 10, 1), 2, 0.1, batch_size=100)
    assert [line["site_id"] for line in lines] == [request.site_id for request in simulation.requests()]
    assert sum(len(line["events"]) for line in lines) == simulation.total
    truth = msgspec.json.decode((tmp_path / "truth.json").read_bytes())
    assert truth["ledger"] == msgspec.to_builtins(simulation.truth.ledger)
    assert sum(day["sessions"] for day in truth["site_days"]) == simulation.truth.sessions
    assert sum(row["quantity"] for row in truth["usage"]) == sum(
        row.quantity for row in simulation.truth.usage.values()
    )
    revenue = sum(row.revenue for row in simulation.truth.content.values())
    assert sum(row["revenue"] for row in truth["content"]) == revenue > 0


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    command = [sys.executable, "-m", "simulator", "--days", "3", "--scale", "0.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = msgspec.json.decode(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0
    newest = max(datetime.fromisoformat(event["occurred_at"]) for event in first["events"] if event.get("url"))
    assert newest < datetime.now(UTC)
