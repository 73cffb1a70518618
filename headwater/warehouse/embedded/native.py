"""What a client that names its protocol version expects of the Native format.

chDB writes Native for the oldest client: no block info, and ``DateTime('Asia/Tokyo')`` as ``DateTime``. Its blocks come
one at a time, so both can be put right without reading the columns.
"""

import re
from collections.abc import Callable, Generator, Iterator

# BlockInfo: is_overflows = 0, bucket_num = -1, end of fields.
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_WITH_BLOCK_INFO = 1
_WITH_TIME_ZONES = 54337
# Newer clients expect a byte of serialization kind per column, which chDB doesn't write.
_NEWEST = 54453
_PLAIN = b"\x08DateTime"
_ZONED = re.compile(r"^DateTime\('.*'\)$")
_WIDTHS = {"UInt8": 1, "Int8": 1, "Bool": 1, "UInt16": 2, "Int16": 2, "Date": 2, "UInt32": 4, "Int32": 4, "DateTime": 4}
_WIDTHS |= {"Float32": 4, "UInt64": 8, "Int64": 8, "Float64": 8, "UUID": 16}

Column = tuple[str, str]


def adapt_blocks(
    blocks: Generator[bytes, None, None], version: int, describe: Callable[[], list[Column]]
) -> Generator[bytes, None, None]:
    """Blocks as a client of ``version`` reads them. ``describe`` names and types the columns; it runs only when a
    block may hold a DateTime.
    """
    zoned: list[tuple[bytes, bytes]] | None = None
    try:
        for block in blocks:
            if version >= _WITH_TIME_ZONES and _PLAIN in block:
                if zoned is None:
                    zoned = [_rename(name, kind) for name, kind in describe() if _ZONED.match(kind)]
                block = _name_zones(block, zoned)
            yield _BLOCK_INFO + block if _WITH_BLOCK_INFO <= version <= _NEWEST else block
    finally:
        blocks.close()


def split_blocks(data: bytes) -> Iterator[bytes]:
    """The blocks of a whole result of SHOW, DESCRIBE and their like, whose columns are text and plain numbers.

    From the first column of another type on, the rest is taken for one block.
    """
    start = 0
    while start < len(data):
        try:
            end = _block_end(data, start)
        except (_UnknownType, IndexError):
            end = len(data)
        yield data[start:end]
        start = end


class _UnknownType(Exception):
    """A column whose width isn't known here."""


def _block_end(data: bytes, at: int) -> int:
    columns, at = _number(data, at)
    rows, at = _number(data, at)
    for _ in range(columns):
        size, at = _number(data, at)
        at += size
        size, at = _number(data, at)
        kind = data[at : at + size].decode()
        at += size
        at = _column_end(data, at, kind, rows)
    if at > len(data):
        raise _UnknownType
    return at


def _column_end(data: bytes, at: int, kind: str, rows: int) -> int:
    if kind.startswith("Nullable("):
        at += rows
        kind = kind[9:-1]
    if kind in _WIDTHS:
        return at + rows * _WIDTHS[kind]
    if kind != "String":
        raise _UnknownType
    for _ in range(rows):
        size, at = _number(data, at)
        at += size
    return at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _rename(name: str, kind: str) -> tuple[bytes, bytes]:
    head = _string(name.encode("utf-8", "surrogateescape"))
    return head + _PLAIN, head + _string(kind.encode())


def _name_zones(block: bytes, zoned: list[tuple[bytes, bytes]]) -> bytes:
    """Columns stand in order, so each is looked for behind the one before it."""
    parts, start = [], 0
    for plain, full in zoned:
        at = block.find(plain, start)
        if at < 0:
            continue
        parts += [block[start:at], full]
        start = at + len(plain)
    return b"".join([*parts, block[start:]])


def _string(text: bytes) -> bytes:
    size, length = len(text), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return length + bytes([size]) + text
