"""What a client that names its protocol version expects of the Native format.

chDB writes Native for the oldest client: no block info, and ``DateTime('Asia/Tokyo')`` as ``DateTime``. Its blocks come
one at a time, so both can be put right, mostly without reading the columns.
"""

import re
from collections.abc import Callable, Generator

from headwater.warehouse.embedded.native_block import Column, encode_text, find_columns

# BlockInfo: is_overflows = 0, bucket_num = -1, end of fields.
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_WITH_BLOCK_INFO = 1
_WITH_TIME_ZONES = 54337
# Newer clients expect a byte of serialization kind per column, which chDB doesn't write.
_NEWEST = 54453
_PLAIN = b"\x08DateTime"
_ZONED = re.compile(r"^DateTime\('.*'\)$")


def adapt_blocks(
    blocks: Generator[bytes, None, None], version: int, describe: Callable[[], list[Column]]
) -> Generator[bytes, None, None]:
    """Blocks as a client of ``version`` reads them. ``describe`` names and types the columns; it runs only when a
    block may hold a DateTime.
    """
    columns: list[Column] | None = None
    try:
        for block in blocks:
            if version >= _WITH_TIME_ZONES and _PLAIN in block:
                if columns is None:
                    columns = describe()
                if any(_ZONED.match(kind) for _, kind in columns):
                    block = _name_zones(block, columns)
            yield _BLOCK_INFO + block if _WITH_BLOCK_INFO <= version <= _NEWEST else block
    finally:
        blocks.close()


def _name_zones(block: bytes, columns: list[Column]) -> bytes:
    """The block with the full types of its zoned columns. A column that can't be told from its data stays as it is."""
    places = _find_once(block, columns) or find_columns(block, columns)
    parts, start = [], 0
    for (name, kind), at in zip(columns, places, strict=True):
        head = encode_text(name)
        if at is not None and _ZONED.match(kind) and block.startswith(head + _PLAIN, at):
            parts += [block[start:at], head, encode_text(kind)]
            start = at + len(head) + len(_PLAIN)
    return b"".join([*parts, block[start:]])


def _find_once(block: bytes, columns: list[Column]) -> list[int | None] | None:
    """Where the zoned columns begin; None when what begins one is found in data, too. Much faster than to walk."""
    places: list[int | None] = []
    start = 0
    for name, kind in columns:
        at = None
        if _ZONED.match(kind):
            head = encode_text(name) + _PLAIN
            at = block.find(head, start)
            if at < 0 or block.find(head, at + 1) >= 0:
                return None
            start = at + len(head)
        places.append(at)
    return places
