"""Two installations on one machine, with homes and ports of their own, never meet."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.stack import Stack, running_stack


def post(stack: Stack, key: str, visitor: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.api.port}/api/v1/events",
        json.dumps({"event": "tick", "visitor_id": visitor}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        status: int = answer.status
        return status


def visitors(stack: Stack, wanted: int) -> set[str]:
    """Whom the installation's warehouse knows, when it has that many rows."""
    deadline = time.monotonic() + 30
    with stack.client() as client:
        while client.value("SELECT count() FROM raw_events.events") < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return {row[0] for row in client.query("SELECT visitor_id FROM raw_events.events")[1]}


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.iterdir()}


def test_events_keys_and_files_stay_where_they_belong(tmp_path: Path) -> None:
    with running_stack(tmp_path / "one") as one, running_stack(tmp_path / "two") as two:
        assert one.home.home != two.home.home
        for stack, other, names in ((one, two, ("ada", "bob")), (two, one, ("eve",))):
            for name in names:
                assert post(stack, stack.key, name) == 202
            with pytest.raises(urllib.error.HTTPError) as refused:
                post(other, stack.key, "stranger")
            assert refused.value.code == 401
        assert visitors(one, 2) == {"ada", "bob"}
        assert visitors(two, 1) == {"eve"}
        with one.client() as first, two.client() as second:
            ids = [client.value("SELECT any(collector_id) FROM raw_events.events") for client in (first, second)]
        assert ids[0] != ids[1]
        assert files(tmp_path) == {Path("one"), Path("two")}
        assert files(tmp_path / "one") == files(tmp_path / "two") == {Path("home")}

        two.supervisor.stop()
        assert post(one, one.key, "cy") == 202
        assert visitors(one, 3) == {"ada", "bob", "cy"}
