"""The frame: what one request landed, as bytes with a checksum.

A frame is a header of `HEADER.size` bytes, then the accepted events, then the rejected ones, both as NDJSON. The
checksum covers header and payload, so a frame is whole or it is not there.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headwater.landing.errors import DamagedSegment

_FIELDS = struct.Struct("<4sQIIQQ")
"""Magic, first sequence, events, rejected, bytes of events, bytes of rejected."""

_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _FIELDS.size + _CHECKSUM.size
MAGIC = b"HWF1"


class Frame(msgspec.Struct, frozen=True, gc=False):
    """What one request landed.

    Its records have the sequences ``first_sequence`` up to, and without, ``first_sequence + events + rejected``.
    """

    first_sequence: int
    events: int
    """How many lines `event_lines` has."""
    rejected: int
    """How many lines `rejected_lines` has."""
    event_lines: bytes
    """`LandedEvent`s as JSON; every line ends with a newline."""
    rejected_lines: bytes
    """`RejectedEvent`s as JSON; every line ends with a newline."""

    @property
    def size(self) -> int:
        """Bytes in the log."""
        return HEADER_BYTES + len(self.event_lines) + len(self.rejected_lines)

    @property
    def end_sequence(self) -> int:
        """The first sequence after this frame's."""
        return self.first_sequence + self.events + self.rejected


def encode_frame(frame: Frame) -> list[bytes]:
    """The frame's bytes, in parts that can be written one after another without copying the payload."""
    fields = _FIELDS.pack(
        MAGIC,
        frame.first_sequence,
        frame.events,
        frame.rejected,
        len(frame.event_lines),
        len(frame.rejected_lines),
    )
    checksum = zlib.crc32(frame.rejected_lines, zlib.crc32(frame.event_lines, zlib.crc32(fields)))
    parts = [fields + _CHECKSUM.pack(checksum), frame.event_lines]
    if frame.rejected_lines:
        parts.append(frame.rejected_lines)
    return parts


class Outline(msgspec.Struct, frozen=True, gc=False):
    """Where a whole frame lies in its segment, and how many records it has."""

    offset: int
    """Byte of the segment at which its header begins."""
    first_sequence: int
    events: int
    rejected: int
    event_bytes: int
    rejected_bytes: int

    @property
    def events_at(self) -> int:
        """Byte of the segment at which its event lines begin."""
        return self.offset + HEADER_BYTES

    @property
    def rejected_at(self) -> int:
        """Byte of the segment at which its rejected lines begin."""
        return self.events_at + self.event_bytes

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.rejected_at + self.rejected_bytes

    @property
    def end_sequence(self) -> int:
        """The first sequence after this frame's."""
        return self.first_sequence + self.events + self.rejected


def outline_frames(content: bytes, path: Path, offset: int = 0) -> Iterator[Outline]:
    """The outlines of one segment's frames from ``offset`` on, their checksums verified. ``path`` is for the error.

    Raises DamagedSegment at the first frame that is torn or does not match its checksum.
    """
    view = memoryview(content)
    while offset < len(content):
        body = offset + HEADER_BYTES
        if body > len(content):
            raise DamagedSegment(path, offset, "a header is cut off")
        fields = view[offset : offset + _FIELDS.size]
        magic, first, events, rejected, event_bytes, rejected_bytes = _FIELDS.unpack(fields)
        if magic != MAGIC:
            raise DamagedSegment(path, offset, "no frame begins here")
        end = body + event_bytes + rejected_bytes
        if end > len(content):
            raise DamagedSegment(path, offset, "a frame is cut off")
        (expected,) = _CHECKSUM.unpack(view[body - _CHECKSUM.size : body])
        if zlib.crc32(view[body:end], zlib.crc32(fields)) != expected:
            raise DamagedSegment(path, offset, "a frame does not match its checksum")
        yield Outline(offset, first, events, rejected, event_bytes, rejected_bytes)
        offset = end


def decode_frames(content: bytes, path: Path) -> Iterator[Frame]:
    """The frames of one segment's ``content``. Raises as `outline_frames` does."""
    for outline in outline_frames(content, path):
        yield cut_frame(content, outline)


def cut_frame(content: bytes, outline: Outline) -> Frame:
    """The frame that lies there in its segment's ``content``."""
    return Frame(
        first_sequence=outline.first_sequence,
        events=outline.events,
        rejected=outline.rejected,
        event_lines=content[outline.events_at : outline.rejected_at],
        rejected_lines=content[outline.rejected_at : outline.end],
    )


def whole_frames_bytes(content: bytes, path: Path) -> int:
    """How many bytes from the start of ``content`` are whole frames."""
    good = 0
    try:
        for outline in outline_frames(content, path):
            good = outline.end
    except DamagedSegment:
        return good
    return good


def find_frame(content: bytes, offset: int, path: Path) -> int:
    """Where the first whole frame begins behind ``offset``, where none is; -1 when there is none."""
    while (offset := content.find(MAGIC, offset + 1)) >= 0:
        try:
            next(outline_frames(content, path, offset))
        except DamagedSegment:
            continue
        return offset
    return -1
