"""The published contract (pydantic) and the collector's decoder (msgspec) accept and refuse the same events.

The same JSON, that is: pydantic's reader also takes NaN and Infinity, which are none.
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from headwater.contracts.event import SOURCES, Event
from headwater.contracts.wire import WireEvent
from headwater.intake.body import decode_body
from headwater.intake.properties import BrokenProperties, read_properties
from headwater.intake.rejection import BrokenBody, Rejection

FIELDS = tuple(Event.model_fields)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-70_000, 70_000),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "x" * 200, "x" * 201, "ü" * 200, "😀" * 200, "x" * 2_000, "x" * 2_001, "\0", *SOURCES]),
)
digits = st.integers(0, 99).map(lambda number: f"{number:02}")
times = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["2026", "0000", "0001", "9999", "1969", "26", "+2026", "-2026"]),
    st.one_of(st.sampled_from(["01", "02", "12", "00", "13", "1"]), digits),
    st.one_of(st.sampled_from(["01", "29", "30", "31", "00", "1"]), digits),
    st.sampled_from(["T", "t", " ", "_", "", "  "]),
    st.one_of(st.sampled_from(["00", "23", "24", "1"]), digits),
    st.one_of(st.sampled_from(["00", "59", "60"]), digits),
    st.one_of(st.sampled_from(["00", "59", "60"]), digits),
    st.sampled_from(["", ".1", ".123", ".123456", ".1234567", ".999999999", ".", ",5", ".1234567890123"]),
    st.sampled_from(
        ["Z", "z", "", "+00:00", "-00:00", "+02:00", "-23:59", "+24:00", "+0200", "+02", "+2:00", " Z", "Z ", "+00:60"]
    ),
)
well_formed_times = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
uuids = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda value: value.hex),
    st.uuids().map(lambda value: str(value).upper()),
    st.uuids().map(lambda value: f"{{{value}}}"),
    st.uuids().map(lambda value: f"urn:uuid:{value}"),
    st.uuids().map(lambda value: str(value)[:-1]),
    st.uuids().map(lambda value: str(value).replace("-", "", 1)),
    st.uuids().map(lambda value: str(value).replace("-", "_")),
    st.sampled_from(["", "0", "0" * 32, "g" * 32]),
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "id": uuids,
    "occurred_at": st.one_of(times, well_formed_times),
    "sent_at": st.one_of(times, well_formed_times),
    "properties": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    "source": st.sampled_from(SOURCES),
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly sound events with one or two doubtful fields: what is wrong all over proves little."""
    event: dict[str, Any] = {"event": draw(st.one_of(st.just("page_view"), scalars))}
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True)):
        event[name] = draw(st.one_of(fields.get(name, scalars), json_values))
    if draw(st.integers(0, 9)) == 0:
        event[draw(st.sampled_from(["userId", "browser", "org_id", "", "gclid", "EVENT"]))] = draw(scalars)
    if draw(st.integers(0, 9)) == 0:
        del event["event"]
    return event


def contract_accepts(text: str) -> bool:
    try:
        Event.model_validate_json(text)
    except ValidationError:
        return False
    return True


def collector_accepts(text: str) -> bool:
    try:
        (entry,), _ = decode_body(text.encode("utf-8", "surrogatepass"))
        return not isinstance(entry, Rejection) and bool(read_properties(bytes(entry.properties)))
    except (BrokenBody, BrokenProperties):
        return False


@settings(max_examples=1_500, deadline=None)
@given(events())
@example({"event": "a", "occurred_at": "2026-01-01T00:00:00+0200"})
@example({"event": "a", "occurred_at": "2026-01-01 00:00:00Z"})
@example({"event": "a", "id": "018f3a5e7c4b7d2e9a610c5b8e4f2d10"})
@example({"event": "a", "properties": None})
@example({"event": "a", "screen_width": True})
@example({"event": "a", "screen_width": 1.0})
def test_both_decoders_accept_the_same_events(event: dict[str, Any]) -> None:
    text = json.dumps(event)
    assert contract_accepts(text) == collector_accepts(text), text


@pytest.mark.parametrize(
    "text",
    [
        r'{"event": "\ud800"}',
        r'{"event": "a", "properties": {"a": "\ud800"}}',
        '{"event": "a", "screen_width": 1e2}',
        '{"event": "a", "screen_width": -0}',
        '{"event": "a", "properties": {"a": 1e400}}',
        '{"event": "a", "properties": {"a": [{"b": -1E+309}]}}',
        '{"event": "a", "properties": {"a": 1.7976931348623158e308}}',
        '{"event": "a", "properties": {"a": 1.7976931348623159e308}}',
        '{"event": "a", "properties": {"a": "1e400", "1e400": 0e400}}',
        '{"event": "a", "properties": {"a": 1e-400}}',
        '{"event": "a", "properties": {"a": 1' + "0" * 400 + "}}",
        '{"event": "a", "properties": {"a": 1' + "0" * 400 + ".5}}",
        '{"event": "a", "properties": {"a": 1' + "0" * 4_299 + "}}",
        '{"event": "a", "properties": {"a": 1' + "0" * 4_300 + "}}",
        '{"event": "a", "properties": {"a": -1' + "0" * 4_298 + "}}",
        '{"event": "a", "properties": {"a": -1' + "0" * 4_299 + "}}",
        '{"event": "a", "properties": {"a": 1, "a": 2}}',
        '{"event": "a", "properties": ' + '{"a":' * 64 + "1" + "}" * 64 + "}",
        '{"event": "a", "properties": ' + '{"a":' * 65 + "1" + "}" * 65 + "}",
        '{"event": "a", "event": "b"}',
        '{"event": "a", "event": 1}',
    ],
)
def test_both_decoders_agree_on_unusual_json(text: str) -> None:
    assert contract_accepts(text) == collector_accepts(text)


def test_both_contracts_have_the_same_fields() -> None:
    assert WireEvent.__struct_fields__ == FIELDS


@settings(max_examples=200, deadline=None)
@given(events())
def test_both_decoders_read_the_same_values(event: dict[str, Any]) -> None:
    text = json.dumps(event)
    if not collector_accepts(text):
        return
    said = Event.model_validate_json(text)
    decoded = msgspec.json.decode(text, type=WireEvent)
    for name in FIELDS:
        value = getattr(decoded, name)
        if name == "properties":
            value = json.loads(bytes(value))
        assert value == getattr(said, name), name
