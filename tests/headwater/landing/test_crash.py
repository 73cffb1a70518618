"""kill -9 at random moments loses nothing that was acknowledged and gives no sequence twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from headwater.landing import LandingLog, sealed_segments
from headwater.settings import LandingSettings
from tests.conftest import REPOSITORY
from tests.headwater.landing.frames import make_frame, sealed_sequences


def append_until_killed(landing_dir: Path, seconds: float) -> list[int]:
    """The sequences a process acknowledged before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.headwater.landing.appender", str(landing_dir), "0"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    said = process.communicate()[0].decode()
    return [int(line.split()[1]) for line in said.splitlines(keepends=True) if line.endswith("\n")]


def test_every_acknowledged_frame_survives_kill_9_once(tmp_path: Path) -> None:
    choose = random.Random(7)
    acknowledged: list[int] = []
    for _ in range(5):
        acknowledged += append_until_killed(tmp_path, choose.uniform(0.01, 0.25))
    LandingLog(tmp_path, LandingSettings()).close()
    landed = Counter(sealed_sequences(tmp_path))
    assert acknowledged
    assert not set(acknowledged) - landed.keys()
    assert set(landed.values()) == {1}


def test_what_a_broken_disk_left_behind_a_hole_is_kept_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = LandingLog(tmp_path, LandingSettings(seal_seconds=60))
    for _ in range(3):
        log.append_now(make_frame(log))
    (segment,) = (tmp_path / "api" / "open").iterdir()
    content = bytearray(segment.read_bytes())
    log.close()
    third = len(content) // 3
    content[third + 50] ^= 1
    crashed = tmp_path / "crashed"
    (crashed / "api" / "open").mkdir(parents=True)
    (crashed / "api" / "open" / segment.name).write_bytes(content)
    LandingLog(crashed, LandingSettings()).close()
    assert sealed_sequences(crashed) == [1]
    (kept,) = (crashed / "api" / "damaged").iterdir()
    assert kept.read_bytes() == content[third:]
    assert str(kept) in caplog.text


def test_opening_after_a_crash_seals_what_was_open(tmp_path: Path) -> None:
    append_until_killed(tmp_path, 0.1)
    LandingLog(tmp_path, LandingSettings()).close()
    assert not list((tmp_path / "api" / "open").iterdir())
    assert sealed_segments(tmp_path)
