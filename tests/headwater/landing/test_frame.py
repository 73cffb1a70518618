"""A frame is whole or it is not there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.landing import DamagedSegment, Frame, LandingLog
from headwater.landing.frame import decode_frames, encode_frame, whole_frames_bytes
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame, sealed_sequences

NOWHERE = Path("segment.frames")

lines = st.binary(max_size=40).map(lambda content: content.replace(b"\n", b" ") + b"\n")
frames = st.builds(
    lambda first, events, rejected: Frame(first, len(events), len(rejected), b"".join(events), b"".join(rejected)),
    st.integers(0, 2**63),
    st.lists(lines, min_size=1, max_size=4),
    st.lists(lines, max_size=3),
)


def encoded(frame: Frame) -> bytes:
    return b"".join(encode_frame(frame))


@given(st.lists(frames, max_size=5))
def test_what_was_encoded_is_decoded(some: list[Frame]) -> None:
    assert list(decode_frames(b"".join(map(encoded, some)), NOWHERE)) == some


@given(frames)
def test_size_is_what_is_written(frame: Frame) -> None:
    assert frame.size == len(encoded(frame))


@settings(max_examples=30, deadline=None)
@given(frames, frames)
def test_a_tail_torn_at_any_byte_leaves_the_frames_before_it(first: Frame, last: Frame) -> None:
    whole, torn = encoded(first), encoded(last)
    for length in range(len(torn)):
        assert whole_frames_bytes(whole + torn[:length], NOWHERE) == len(whole)


@settings(max_examples=30, deadline=None)
@given(frames, st.data())
def test_a_changed_byte_is_noticed_wherever_it_is(frame: Frame, data: st.DataObject) -> None:
    content = bytearray(encoded(frame))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedSegment):
        list(decode_frames(bytes(content), NOWHERE))


def test_a_log_restarted_after_a_tear_at_any_byte_offers_the_frames_before_it(tmp_path: Path) -> None:
    settings_ = LandingSettings(seal_seconds=60)
    log = LandingLog(tmp_path, settings_)
    for count in (3, 2):
        log.append_now(make_frame(log, count))
    (segment,) = (tmp_path / "api" / "open").iterdir()
    whole, name = segment.read_bytes(), segment.name
    log.close()
    (first, last) = decode_frames(whole, segment)
    for cut in range(first.size, first.size + last.size):
        torn = tmp_path / str(cut)
        (torn / "api" / "open").mkdir(parents=True)
        (torn / "api" / "open" / name).write_bytes(whole[:cut])
        LandingLog(torn, settings_).close()
        assert sealed_sequences(torn) == [1, 2, 3]
        assert not list((torn / "api" / "open").iterdir())
