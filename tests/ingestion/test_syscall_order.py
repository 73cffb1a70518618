"""What the kernel saw of a load: its order, and whom it talked to."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.supervisor import unused_port
from tests.conftest import REPOSITORY
from tests.strace import Call, read_calls, strace_command


@dataclass(frozen=True, slots=True)
class TracedLoad:
    """The system calls of one load and of the server it went to."""

    home: Path
    port: int
    parts: str
    """Name of the folder with the parts of the events table."""
    calls: list[Call]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> TracedLoad:
    folder, port = tmp_path_factory.mktemp("traced"), unused_port()
    trace, home = folder / "trace", folder / "home"
    home.mkdir()
    environment = {**os.environ, "HEADWATER_HOME": str(home), "HEADWATER_CLICKHOUSE_PORT": str(port)}
    environment.pop("HEADWATER_CLICKHOUSE_URL", None)
    done = subprocess.run(
        [
            *strace_command(trace, "fsync,fdatasync,rename,renameat,renameat2,connect,sendto"),
            *(sys.executable, "-m", "tests.ingestion.load_traced"),
        ],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return TracedLoad(home, port, Path(done.stdout.strip()).name, read_calls(trace))


def test_a_segment_is_moved_after_the_server_synced_its_part(traced: TracedLoad) -> None:
    renames = [call for call in traced.calls if call.name.startswith("rename") and call.result == 0]
    (moved,) = [call for call in renames if f"{traced.home}/landing/api/loaded/" in call.arguments]
    part = f"/{traced.parts}/tmp_insert_"
    synced = [call for call in traced.calls if "sync" in call.name and call.result == 0 and part in call.arguments]
    assert any("data" in call.arguments and call.ended < moved.began for call in synced), "no data was synced before"
    named = [call for call in renames if part in call.arguments]
    assert named
    assert all(call.ended < moved.began for call in named), "the part got its name after its segment was moved"


def test_a_load_talks_to_nobody_but_the_warehouse(traced: TracedLoad) -> None:
    reached = {
        (found[2], int(found[1]))
        for call in traced.calls
        if call.name == "connect"
        and (found := re.search(r'sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"', call.arguments))
    }
    assert reached == {("127.0.0.1", traced.port)}
