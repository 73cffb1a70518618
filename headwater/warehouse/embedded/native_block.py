"""Where the columns of a block in ClickHouse's Native format begin.

A block is a number of columns, a number of rows, and for each column its name, its type and its values. Nothing says
how long the values are: they have to be read, type by type.
"""

import re
from collections.abc import Iterator

Column = tuple[str, str]

_WIDTHS = {
    **dict.fromkeys(("UInt8", "Int8", "Bool", "Nothing"), 1),
    **dict.fromkeys(("UInt16", "Int16", "Date", "BFloat16"), 2),
    **dict.fromkeys(("UInt32", "Int32", "Float32", "DateTime", "Date32", "IPv4", "Time"), 4),
    **dict.fromkeys(("UInt64", "Int64", "Float64"), 8),
    **dict.fromkeys(("UInt128", "Int128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("UInt256", "Int256"), 32),
    "Point": 16,
}
_PARAMETRIC = {"DateTime": 4, "DateTime64": 8, "Time64": 8, "Enum8": 1, "Enum16": 2}
# Digits a decimal of so many bytes holds.
_DECIMALS = ((9, 4), (18, 8), (38, 16), (76, 32))
_CALL = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_ELEMENT_NAME = re.compile(r"(?:`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*) +(?=[A-Za-z])")


class UnreadableError(Exception):
    """A column of a type that isn't known here, or a block that ends within one."""


def split_blocks(data: bytes) -> Iterator[bytes]:
    """The blocks of a whole result. From the first column that can't be read on, the rest is taken for one block."""
    start = 0
    while start < len(data):
        try:
            *_, end = _walk(data, start)
        except UnreadableError:
            end = len(data)
        yield data[start:end]
        start = end


def find_columns(block: bytes, columns: list[Column]) -> list[int | None]:
    """Where each of the columns begins, with its name; None for those that can't be told for sure.

    Columns up to the first of a type that isn't known are read from the front, those behind the last such as far as
    their width is fixed from the back.
    """
    places: list[int | None] = [None] * len(columns)
    try:
        for number, at in enumerate(_walk(block, 0)):
            if number < len(columns):
                places[number] = at
    except UnreadableError:
        _walk_back(block, columns, places)
    return places


def encode_text(text: str) -> bytes:
    """A name as a block holds it, behind its length."""
    data = text.encode("utf-8", "surrogateescape")
    size, length = len(data), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return length + bytes([size]) + data


def _walk(data: bytes, at: int) -> Iterator[int]:
    """The beginning of every column, and the end of the block. Raises UnreadableError."""
    try:
        columns, at = _number(data, at)
        rows, at = _number(data, at)
        for _ in range(columns):
            yield at
            size, at = _number(data, at)
            size, at = _number(data, at + size)
            kind = data[at : at + size].decode("utf-8", "surrogateescape")
            at = _skip(data, at + size, kind, rows) if rows else at + size
            if at > len(data):
                raise UnreadableError
        yield at
    except IndexError:
        raise UnreadableError from None


def _walk_back(block: bytes, columns: list[Column], places: list[int | None]) -> None:
    end = len(block)
    rows = _number(block, _number(block, 0)[1])[0]
    for number in range(len(columns) - 1, -1, -1):
        name, kind = columns[number]
        width = _width(kind)
        if places[number] is not None or width is None:
            return
        head = encode_text(name) + encode_text("DateTime" if kind.startswith("DateTime(") else kind)
        end -= rows * width + len(head)
        if end < 0 or not block.startswith(head, end):
            return
        places[number] = end


def _width(kind: str) -> int | None:
    """Bytes of a value; None when they differ or aren't known."""
    if kind in _WIDTHS:
        return _WIDTHS[kind]
    name, inner = _parse(kind)
    if name in _PARAMETRIC:
        return _PARAMETRIC[name]
    if name == "FixedString":
        return int(inner)
    if name == "Decimal":
        digits = int(inner.partition(",")[0])
        return next(size for most, size in _DECIMALS if digits <= most)
    if name == "Nullable":
        width = _width(inner)
        return None if width is None else width + 1
    return None


def _skip(data: bytes, at: int, kind: str, rows: int) -> int:
    """Past the values of a column."""
    width = _width(kind)
    if width is not None:
        return at + rows * width
    if kind == "String":
        return _skip_texts(data, at, rows)
    name, inner = _parse(kind)
    if name == "Nullable":
        return _skip(data, at + rows, inner, rows)
    if name == "Array":
        return _skip_array(data, at, inner, rows)
    if name == "Map":
        return _skip_array(data, at, f"Tuple({inner})", rows)
    if name == "Tuple":
        for element in split_types(inner):
            unnamed = _ELEMENT_NAME.match(element)
            at = _skip(data, at, element[unnamed.end() :] if unnamed else element, rows)
        return at
    # LowCardinality, Variant, Dynamic, JSON, AggregateFunction: rare, and some differ from version to version.
    raise UnreadableError(kind)


def _skip_texts(data: bytes, at: int, rows: int) -> int:
    for _ in range(rows):
        size = data[at]
        if size < 0x80:
            at += 1 + size
        else:
            size, at = _number(data, at)
            at += size
    return at


def _skip_array(data: bytes, at: int, inner: str, rows: int) -> int:
    at += 8 * rows
    if at > len(data):
        raise UnreadableError
    return _skip(data, at, inner, int.from_bytes(data[at - 8 : at], "little"))


def _parse(kind: str) -> tuple[str, str]:
    found = _CALL.fullmatch(kind)
    if found is None:
        raise UnreadableError(kind)
    return found[1], found[2] or ""


def split_types(types: str) -> list[str]:
    """Split at the commas outside parentheses and quotes."""
    parts, depth, quoted, escaped = [""], 0, "", False
    for character in types:
        if quoted:
            quoted = "" if character == quoted and not escaped else quoted
            escaped = character == "\\" and not escaped
        elif character in "`'":
            quoted = character
        depth += 0 if quoted else (character == "(") - (character == ")")
        if character == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


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
