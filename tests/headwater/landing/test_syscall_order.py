"""No acknowledgement before the sync: watched at the kernel's door."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.headwater.landing.frames import sealed_sequences
from tests.strace import Call, read_calls, strace_command

FRAMES = 25


def test_no_acknowledgement_is_written_before_the_sync_of_its_frame_returned(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    subprocess.run(
        [
            *strace_command(trace, "write,writev,fdatasync"),
            *(sys.executable, "-m", "tests.headwater.landing.appender", str(tmp_path / "landing"), str(FRAMES)),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
    )
    calls = read_calls(trace)
    acknowledged = 0
    for ack in calls:
        if ack.name == "write" and (found := re.search(r'"ack (\d+)\\n"', ack.arguments)):
            assert_synced_before(calls, int(found[1]), ack)
            acknowledged += 1
    assert acknowledged == len(sealed_sequences(tmp_path / "landing")) == FRAMES * 4


def test_a_new_name_is_synced_into_its_directory(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    subprocess.run(
        [
            *strace_command(trace, "openat,rename,fsync"),
            *(sys.executable, "-m", "tests.headwater.landing.appender", str(tmp_path / "landing"), "1"),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        check=True,
    )
    calls = [call for call in read_calls(trace) if call.result >= 0]
    api = tmp_path / "landing" / "api"
    created = [c for c in calls if c.name == "openat" and "O_EXCL" in c.arguments and f"{api}/open/" in c.arguments]
    sealed = [c for c in calls if c.name == "rename" and f"{api}/sealed/" in c.arguments]
    assert created
    assert len(sealed) == len(created)
    for call in created:
        assert any(c.began > call.ended and f"<{api}/open>" in c.arguments for c in calls if c.name == "fsync")
    for call in sealed:
        for directory in ("open", "sealed"):
            assert any(
                c.began > call.ended and f"<{api}/{directory}>" in c.arguments for c in calls if c.name == "fsync"
            )


def assert_synced_before(calls: list[Call], sequence: int, ack: Call) -> None:
    """The write that carried the frame was followed by a sync of its file that returned before ``ack`` began."""
    written = next(
        (c for c in calls if c.name in ("write", "writev") and segment_of(c) and carries(c, sequence)),
        None,
    )
    assert written, f"no write carries {sequence}"
    assert any(
        sync.name == "fdatasync"
        and sync.result == 0
        and segment_of(sync) == segment_of(written)
        and sync.began > written.ended
        and sync.ended < ack.began
        for sync in calls
    ), f"{sequence} was acknowledged before it was synced"


def carries(call: Call, sequence: int) -> bool:
    return f'\\"sequence\\": {sequence},' in call.arguments


def segment_of(call: Call) -> str:
    """The segment's path, or nothing when the call is about another file."""
    found = re.match(r"\d+<([^>]*\.frames)>", call.arguments)
    return found[1] if found else ""
