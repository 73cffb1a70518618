"""One lock between processes: who waits, for how long, and for whom."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from headwater.file_lock import LockBusy, file_lock


def test_who_comes_second_waits_and_then_names_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "build.lock"
    busy = pytest.raises(LockBusy, match=rf"process {os.getpid()} has been building for more than 0\.2 s")
    with file_lock(path, "building", 0), busy as refused, file_lock(path, "building", 0.2):
        pass
    assert refused.value.pid == os.getpid()
    with file_lock(path, "building", 0):
        assert path.exists()


def test_who_is_told_to_stop_waits_no_longer(tmp_path: Path) -> None:
    path, stop = tmp_path / "load.lock", threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with (
        file_lock(path, "loading", 0),
        pytest.raises(LockBusy),
        file_lock(path, "loading", 60, pause=stop.wait),
    ):
        pass
    assert time.monotonic() - began < 5


def test_it_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "load.lock"
    program = (
        "import sys, time; from pathlib import Path; from headwater.file_lock import file_lock\n"
        "with file_lock(Path(sys.argv[1]), 'loading', 0):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(LockBusy, match=str(process.pid)), file_lock(path, "loading", 0):
        pass
    process.kill()
    process.communicate()
    with file_lock(path, "loading", 5):
        pass
