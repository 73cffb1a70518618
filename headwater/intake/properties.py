"""The rules of ``properties``, which stay the JSON text that was sent."""

import re
from typing import Any

import msgspec

from headwater.contracts.limits import NUMBER_OUT_OF_RANGE, PROPERTIES_BYTES, PROPERTIES_DEPTH
from headwater.contracts.wire import WireEvent
from headwater.intake.rejection import Code

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
OPENING_BRACE = 0x7B
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_SURELY_SHALLOW_BYTES = 2 * PROPERTIES_DEPTH
"""A level of nesting takes two bytes at least, so a text no longer than this keeps the limit of depth."""


class BrokenProperties(Exception):
    """Properties that break a rule of the contract: its code, and the reason for a person."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def read_properties(text: bytes) -> bytes:
    """The text to land, from a property text that is sound JSON: the same, or without the names that come twice.

    Of a name that comes twice in an object the last value stays, as the contract reads it. Raises BrokenProperties.
    """
    if text[0] != OPENING_BRACE:
        raise BrokenProperties(Code.NOT_AN_OBJECT, "`properties` must be an object")
    if len(text) > PROPERTIES_BYTES:
        raise BrokenProperties(
            Code.PROPERTIES_TOO_LARGE, f"`properties` are {len(text):,} bytes, {PROPERTIES_BYTES:,} are allowed"
        )
    if len(text) > _SURELY_SHALLOW_BYTES and measure_depth(text) > PROPERTIES_DEPTH:
        raise BrokenProperties(
            Code.PROPERTIES_TOO_DEEP, f"`properties` are nested deeper than {PROPERTIES_DEPTH} levels"
        )
    try:
        values = _decode(text)
    except msgspec.ValidationError as error:
        raise BrokenProperties(Code.OUT_OF_RANGE, f"`properties` have {NUMBER_OUT_OF_RANGE}") from error
    # Each name has a colon: where there are as many as names, none comes twice. Else it shows in what is written anew,
    # but for colons that were sent as escapes.
    if (colons := text.count(b":")) != len(values):
        rewritten = _encode(values)
        if rewritten.count(b":") != colons or b"\\u003" in text:
            return rewritten
    return text


def measure_depth(text: bytes) -> int:
    """Levels of nesting of a sound JSON text; an upper bound of it when that is within the limit."""
    if (opened := text.count(b"{") + text.count(b"[")) <= PROPERTIES_DEPTH:
        return opened
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", text)):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def put_on_one_line(event: WireEvent) -> None:
    """Take the white space out of properties that run over several lines: a landed record is one line."""
    text = bytes(event.properties)
    if b"\n" in text or b"\r" in text:
        event.properties = msgspec.Raw(msgspec.json.format(text, indent=-1))
