"""One writer, shared syncs, segments sealed in time, refusals that say what to do."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.landing import BacklogFull, LandingLocked, LandingLog, LandingUnavailable, mark_loaded, sealed_segments
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame, sealed_sequences

PATIENT = LandingSettings(seal_seconds=60)
"""Nothing is sealed before the log is closed."""


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.01)


def test_closing_hands_everything_to_the_loader(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, PATIENT)
    log.append_now(make_frame(log, events=3, rejected=1))
    log.append_now(make_frame(log, events=1))
    assert sealed_segments(tmp_path) == []
    log.close()
    assert sealed_sequences(tmp_path) == [1, 2, 3, 4, 5]
    (segment,) = sealed_segments(tmp_path)
    assert (segment.collector_id, segment.first_sequence) == (log.collector_id, 1)


def test_a_frame_without_records_is_not_written(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, PATIENT)
    log.append_now(make_frame(log, events=0))
    log.close()
    assert sealed_segments(tmp_path) == []


def test_waiting_frames_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (syncs.append(handle), time.sleep(0.02), sync(handle)))

    async def post_all(log: LandingLog) -> None:
        await asyncio.gather(*(log.append(make_frame(log)) for _ in range(500)))

    log = LandingLog(tmp_path, PATIENT)
    asyncio.run(post_all(log))
    log.close()
    assert len(syncs) <= 3
    assert sealed_sequences(tmp_path) == list(range(1, 501))


def test_a_segment_is_sealed_at_its_size(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, LandingSettings(seal_seconds=60, seal_bytes=4096))
    for _ in range(5):
        log.append_now(make_frame(log, padding=1500))
    wait_until(lambda: len(sealed_segments(tmp_path)) == 1)
    log.close()
    assert [segment.first_sequence for segment in sealed_segments(tmp_path)] == [1, 4]


def test_a_segment_is_sealed_at_its_age_without_further_traffic(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, LandingSettings(seal_seconds=0.05))
    began = time.monotonic()
    log.append_now(make_frame(log))
    wait_until(lambda: bool(sealed_segments(tmp_path)), seconds=2)
    assert time.monotonic() - began >= 0.05
    log.close()
    assert sealed_sequences(tmp_path) == [1]


def test_a_second_writer_is_told_which_process_holds_the_directory(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from headwater.landing import LandingLog\n"
            "from headwater.settings import LandingSettings\n"
            "log = LandingLog(Path(sys.argv[1]), LandingSettings()); print('open', flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LandingLocked, match=f"process {holder.pid} ") as refused:
            LandingLog(tmp_path, PATIENT)
        assert refused.value.pid == holder.pid
        LandingLog(tmp_path, PATIENT, collector="import").close()
    finally:
        holder.kill()
        holder.communicate()
    LandingLog(tmp_path, PATIENT).close()


def test_a_sequence_is_never_given_twice_although_everything_was_pruned(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, PATIENT)
    log.append_now(make_frame(log, 10))
    log.close()
    for segment in sealed_segments(tmp_path):
        segment.path.unlink()
    again = LandingLog(tmp_path, PATIENT)
    assert again.collector_id == log.collector_id
    assert again.reserve(1) == 11
    again.close()


def test_a_wiped_directory_gets_another_identity(tmp_path: Path) -> None:
    first = LandingLog(tmp_path / "before", PATIENT)
    second = LandingLog(tmp_path / "after", PATIENT)
    first.close()
    second.close()
    assert first.collector_id != second.collector_id
    assert first.collector_id.startswith("api-")


def test_a_full_backlog_is_refused_until_the_loader_has_taken_some(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, LandingSettings(seal_seconds=0.01, backlog_bytes=4096))
    log.append_now(make_frame(log, padding=5000))
    with pytest.raises(BacklogFull, match="HEADWATER_LANDING_BACKLOG_BYTES") as refused:
        log.append_now(make_frame(log))
    assert refused.value.retry_after > 0
    wait_until(lambda: bool(sealed_segments(tmp_path)))
    for segment in sealed_segments(tmp_path):
        mark_loaded(segment)
    wait_until(lambda: log.unloaded_bytes == 0, seconds=3)
    log.append_now(make_frame(log))
    log.close()


def test_a_backlog_left_by_an_earlier_process_counts(tmp_path: Path) -> None:
    first = LandingLog(tmp_path, PATIENT)
    first.append_now(make_frame(first, padding=5000))
    first.close()
    second = LandingLog(tmp_path, LandingSettings(backlog_bytes=4096))
    with pytest.raises(BacklogFull):
        second.ensure_room()
    second.close()


def test_a_sender_that_gave_up_disturbs_no_other(tmp_path: Path) -> None:
    async def post(log: LandingLog) -> None:
        gone = asyncio.ensure_future(log.append(make_frame(log)))
        stays = asyncio.ensure_future(log.append(make_frame(log)))
        await asyncio.sleep(0)
        gone.cancel()
        await stays

    log = LandingLog(tmp_path, PATIENT)
    asyncio.run(post(log))
    log.close()
    assert sealed_sequences(tmp_path) == [1, 2]


def test_threads_and_event_loops_append_to_the_same_log(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, PATIENT)

    async def post() -> None:
        await asyncio.gather(*(log.append(make_frame(log)) for _ in range(50)))

    threads = [threading.Thread(target=asyncio.run, args=(post(),)) for _ in range(3)]
    threads += [threading.Thread(target=lambda: [log.append_now(make_frame(log)) for _ in range(20)])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert sorted(sealed_sequences(tmp_path)) == list(range(1, 171))


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = LandingLog(tmp_path, PATIENT)
    log.close()
    log.close()
    with pytest.raises(LandingUnavailable, match="closed"):
        log.append_now(make_frame(log))


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "api").write_text("a file where a directory belongs")
    with pytest.raises(LandingUnavailable, match=str(tmp_path / "api")):
        LandingLog(tmp_path, PATIENT)
