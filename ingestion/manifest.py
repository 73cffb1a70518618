"""What one INSERT brings: some columns, and where in the landing log their rows lie.

dlt carries files. The file it carries for events is a manifest, a few kilobytes, and the rows go from their segments to
ClickHouse without being written once more: a third of the loader's time was that copy.
"""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

_SMALL_BYTES = 64 * 1024
_JOINED_BYTES = 1024**2
"""Frames of single events are some hundred bytes: this much of them is sent at once."""


class Extent(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a file that are whole lines."""

    path: str
    offset: int
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """The rows of one INSERT into one table."""

    columns: list[str]
    """Columns that the rows are likely to have, of all that they may have. None: not known."""
    extents: list[Extent]
    """JSON lines, in the order in which they are sent."""

    @property
    def size(self) -> int:
        """Bytes of all rows."""
        return sum(extent.size for extent in self.extents)


def write_manifest(path: Path, manifest: Manifest) -> None:
    path.write_bytes(msgspec.json.encode(manifest))


def read_manifest(path: Path) -> Manifest:
    return msgspec.json.decode(path.read_bytes(), type=Manifest)


def read_extents(extents: Sequence[Extent]) -> Iterator[memoryview | bytes]:
    """The bytes of the extents, in order, without copying the large ones. Raises OSError when a file is gone."""
    small: list[memoryview] = []
    small_bytes = 0
    for extent, content in _map_files(extents):
        part = content[extent.offset : extent.offset + extent.size]
        if extent.size < _SMALL_BYTES and small_bytes < _JOINED_BYTES:
            small.append(part)
            small_bytes += extent.size
            continue
        yield b"".join(small)
        yield part
        small.clear()
        small_bytes = 0
    yield b"".join(small)


def _map_files(extents: Sequence[Extent]) -> Iterator[tuple[Extent, memoryview]]:
    """Each extent with the content of its file, which is mapped once for all that follow one another."""
    mapped, content = "", memoryview(b"")
    for extent in extents:
        if extent.path != mapped:
            with Path(extent.path).open("rb") as file:
                content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            mapped = extent.path
        yield extent, content
