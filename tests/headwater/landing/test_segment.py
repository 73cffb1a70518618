"""What happens to a segment once it is sealed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.landing import (
    DamagedSegment,
    LandingLog,
    mark_loaded,
    prune_loaded,
    read_frames,
    replay,
    sealed_segments,
    set_aside,
)
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame, sealed_sequences

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def land(landing_dir: Path, segments: int, collector: str = "api") -> None:
    """So many sealed segments of one record each."""
    for _ in range(segments):
        log = LandingLog(landing_dir, LandingSettings(seal_seconds=60), collector)
        log.append_now(make_frame(log))
        log.close()


def test_segments_of_all_collectors_wait_in_the_order_of_their_sequences(tmp_path: Path) -> None:
    land(tmp_path, 2, "west")
    land(tmp_path, 1, "east")
    assert [(s.path.parent.parent.name, s.first_sequence) for s in sealed_segments(tmp_path)] == [
        ("east", 1),
        ("west", 1),
        ("west", 2),
    ]
    assert sealed_segments(tmp_path / "absent") == []


def test_a_segment_keeps_the_time_it_was_sealed(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    land(tmp_path, 1)
    (segment,) = sealed_segments(tmp_path)
    assert before - timedelta(seconds=1) <= segment.sealed_at <= datetime.now(UTC)


def test_a_loaded_segment_no_longer_waits(tmp_path: Path) -> None:
    land(tmp_path, 2)
    first, second = sealed_segments(tmp_path)
    place = mark_loaded(first, NOON)
    assert place.parent == tmp_path / "api" / "loaded" / "2026-03-01"
    assert sealed_segments(tmp_path) == [second]


@pytest.mark.parametrize(
    ("since", "until", "moved"),
    [
        (NOON, NOON + timedelta(seconds=1), 1),
        (NOON - timedelta(seconds=1), NOON, 0),
        (NOON + timedelta(microseconds=1), NOON + timedelta(days=2), 1),
        (NOON - timedelta(days=1), NOON + timedelta(days=2), 2),
    ],
)
def test_replay_brings_back_what_was_loaded_in_a_half_open_window(
    tmp_path: Path, since: datetime, until: datetime, moved: int
) -> None:
    land(tmp_path, 2)
    today, tomorrow = sealed_segments(tmp_path)
    mark_loaded(today, NOON)
    mark_loaded(tomorrow, NOON + timedelta(days=1))
    assert replay(tmp_path, since, until) == moved
    assert len(sealed_segments(tmp_path)) == moved


def test_a_replayed_segment_is_the_one_that_was_loaded(tmp_path: Path) -> None:
    land(tmp_path, 1)
    (segment,) = sealed_segments(tmp_path)
    sealed_at = segment.sealed_at
    for _ in range(2):
        mark_loaded(segment)
        assert replay(tmp_path, datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC)) == 1
        assert sealed_segments(tmp_path) == [segment]
    assert segment.sealed_at == sealed_at
    assert sealed_sequences(tmp_path) == [1]


def test_only_what_was_loaded_long_enough_ago_is_pruned(tmp_path: Path) -> None:
    land(tmp_path, 4)
    now = datetime.now(UTC)
    for segment, days in zip(sealed_segments(tmp_path), (9, 7.01, 6.99, 0), strict=True):
        mark_loaded(segment, now - timedelta(days=days))
    land(tmp_path, 1)
    assert prune_loaded(tmp_path, retain_days=7) == 2
    assert prune_loaded(tmp_path, retain_days=7) == 0
    assert replay(tmp_path, now - timedelta(days=30), now + timedelta(days=1)) == 2
    assert sealed_sequences(tmp_path) == [3, 4, 5]


def test_a_damaged_segment_is_named_and_can_be_set_aside(tmp_path: Path) -> None:
    land(tmp_path, 1)
    (segment,) = sealed_segments(tmp_path)
    content = bytearray(segment.path.read_bytes())
    content[-2] ^= 1
    segment.path.write_bytes(content)
    with pytest.raises(DamagedSegment, match=str(segment.path)):
        list(read_frames(segment))
    assert set_aside(segment).parent == tmp_path / "api" / "damaged"
    assert sealed_segments(tmp_path) == []
