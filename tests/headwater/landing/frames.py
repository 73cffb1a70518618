"""Frames for tests, and reading back what a landing directory holds."""

import json
from pathlib import Path

from headwater.landing import Frame, LandingLog, read_frames, sealed_segments


def make_frame(log: LandingLog, events: int = 1, rejected: int = 0, padding: int = 0) -> Frame:
    """A frame of the log's next sequences; each line names its own."""
    first = log.reserve(events + rejected)
    lines = [_line(first + n, padding) for n in range(events + rejected)]
    return Frame(first, events, rejected, b"".join(lines[:events]), b"".join(lines[events:]))


def sealed_sequences(landing_dir: Path) -> list[int]:
    """The sequence of every record in sealed segments, in the order of the log."""
    return [
        sequence
        for segment in sealed_segments(landing_dir)
        for frame in read_frames(segment)
        for sequence in frame_sequences(frame)
    ]


def frame_sequences(frame: Frame) -> list[int]:
    return [json.loads(line)["sequence"] for line in (frame.event_lines + frame.rejected_lines).splitlines()]


def _line(sequence: int, padding: int) -> bytes:
    return json.dumps({"sequence": sequence, "padding": "x" * padding}).encode() + b"\n"
