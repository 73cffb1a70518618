"""multipart/form-data, read as it comes: a file can be larger than memory."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from headwater.warehouse.embedded.error import QueryError

_LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of a field, or of a file when ``is_file``."""

    name: str
    is_file: bool


def _refuse(text: str) -> QueryError:
    return QueryError.named(36, "BAD_ARGUMENTS", f"The form is damaged: {text}")


def _boundary(content_type: str) -> bytes:
    found = re.search(r'boundary="?([^";,]+)"?', content_type)
    if found is None:
        raise _refuse("no boundary")
    return b"\r\n--" + found[1].strip().encode("latin-1")


def _parse_head(head: bytes) -> Part:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() != "content-disposition":
            continue
        name = re.search(r'\bname="((?:[^"\\]|\\.)*)"', value) or re.search(r"\bname=([^;\s]+)", value)
        if name:
            return Part(name[1], re.search(r"\bfilename\*?=", value) is not None)
    raise _refuse("a part without a name")


async def read_form(content_type: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[Part | bytes]:
    """Every part, followed by its content in pieces. Raises QueryError."""
    boundary = _boundary(content_type)
    held, in_head, complete = b"\r\n", True, False
    started = False
    while True:
        at = held.find(boundary)
        if not in_head and at < 0:
            # What may be the beginning of a boundary waits for the next piece.
            keep = len(boundary) - 1
            if len(held) > keep:
                yield held[:-keep]
                held = held[-keep:]
        elif not in_head:
            if at:
                yield held[:at]
            held, in_head = held[at:], True
            continue
        elif at >= 0 and held[at + len(boundary) : at + len(boundary) + 2] == b"--":
            return
        elif at >= 0 and (end := held.find(b"\r\n\r\n", at)) >= 0:
            yield _parse_head(held[at + len(boundary) : end])
            held, in_head, started = held[end + 4 :], False, True
            continue
        elif len(held) > _LARGEST_HEAD:
            raise _refuse("a part without an end to its head")
        if complete:
            raise _refuse("it ends too early" if started else "it has no parts")
        try:
            held += await anext(pieces)
        except StopAsyncIteration:
            complete = True
