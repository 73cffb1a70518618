"""The rules of ``properties``, which stay the JSON text that was sent."""

import re

import msgspec

from headwater.contracts.limits import PROPERTIES_BYTES, PROPERTIES_DEPTH
from headwater.contracts.wire import WireEvent
from headwater.intake.rejection import Code

OPENING_BRACE = 0x7B
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
SURELY_SHALLOW_BYTES = 2 * PROPERTIES_DEPTH
"""A level of nesting takes two bytes at least, so a text no longer than this keeps the limit of depth."""


def find_broken_rule(text: bytes) -> tuple[Code, str] | None:
    """Which rule a property text, sound JSON, breaks: its code and the reason; None when it keeps all."""
    if text[0] != OPENING_BRACE:
        return Code.NOT_AN_OBJECT, "`properties` must be an object"
    if len(text) > PROPERTIES_BYTES:
        return Code.PROPERTIES_TOO_LARGE, f"`properties` are {len(text):,} bytes, {PROPERTIES_BYTES:,} are allowed"
    if len(text) > SURELY_SHALLOW_BYTES and measure_depth(text) > PROPERTIES_DEPTH:
        return Code.PROPERTIES_TOO_DEEP, f"`properties` are nested deeper than {PROPERTIES_DEPTH} levels"
    return None


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
