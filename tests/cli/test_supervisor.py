"""The supervisor: output that is kept within bounds, and processes that nothing holds up."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.rotating_log import RotatingLog
from cli.supervisor import Service, Supervisor
from headwater.settings import LogSettings


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setenv("HEADWATER_LOG_MAX_BYTES", "65536")
    monkeypatch.setenv("HEADWATER_LOG_KEPT", "2")
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def chatty(done: Path, lines: int = 20_000) -> Service:
    """Says two megabytes, then makes a file, then stays."""
    code = (
        "import pathlib, sys, time\n"
        f"for n in range({lines}): print(f'{{n:06}}', 'x' * 90)\n"
        "sys.stdout.flush(); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    return Service("chatty", [sys.executable, "-c", code, str(done)], is_ready=done.exists, ready_seconds=20)


def test_the_log_of_a_process_that_says_much_is_bounded(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(chatty(tmp_path / "done"))
    supervisor.stop()
    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["chatty.log", "chatty.log.1", "chatty.log.2"]
    assert all(file.stat().st_size < 65536 + 100 for file in files)
    kept = [line for file in reversed(files) for line in file.read_text().splitlines()]
    numbers = [int(line.split()[0]) for line in kept]
    assert numbers == list(range(20_000 - len(numbers), 20_000)), "the newest lines, none of them lost"


def test_a_log_that_cannot_be_written_does_not_stop_the_process(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "logs" / "chatty.log").mkdir()
    supervisor.start(chatty(tmp_path / "done"))


def test_a_terminal_that_is_gone_does_not_stop_the_process(tmp_path: Path) -> None:
    def show(_name: str, _line: str) -> None:
        raise BrokenPipeError

    supervisor = Supervisor(tmp_path / "logs", show=show)
    try:
        supervisor.start(chatty(tmp_path / "done"))
    finally:
        supervisor.stop()


def test_what_dies_is_started_again(tmp_path: Path) -> None:
    code = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).open('a').write('x'); print('hello', flush=True)"
    started = tmp_path / "started"
    supervisor = Supervisor(
        tmp_path / "logs", show=lambda *_: len(started.read_text()) > 2 and supervisor.request_stop()
    )
    supervisor.start(Service("brief", [sys.executable, "-c", code, str(started)], is_ready=started.exists))
    began = time.monotonic()
    try:
        supervisor.watch()
    finally:
        supervisor.stop()
    assert len(started.read_text()) >= 3
    assert time.monotonic() - began < 20


def test_no_older_file_is_kept_when_none_is_wanted(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "api.log", LogSettings(max_bytes=1024, kept=0))
    for _ in range(100):
        log.write("x" * 99 + "\n")
    log.close()
    [file] = tmp_path.iterdir()
    assert file.stat().st_size <= 1024


def test_a_log_goes_on_where_the_process_before_ended(tmp_path: Path) -> None:
    for word in ("one\n", "two\n"):
        log = RotatingLog(tmp_path / "api.log", LogSettings())
        log.write(word)
        log.close()
    assert (tmp_path / "api.log").read_text() == "one\ntwo\n"
