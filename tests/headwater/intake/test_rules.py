"""Every rule an event can break, and what the answer says."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from headwater.contracts.limits import BATCH_EVENTS, PROPERTIES_BYTES, PROPERTIES_DEPTH
from headwater.intake import Code, TooManyEvents
from headwater.intake.properties import measure_depth
from tests.headwater.intake.conftest import Accept


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels - 1):
        value = {"deeper": value}
    return {"deep": value}


BROKEN = [
    ({"userId": "u"}, "unknown_field", "userId", "did you mean `user_id`?"),
    ({"vistor_id": "v"}, "unknown_field", "vistor_id", "did you mean `visitor_id`?"),
    ({"timestamp": "2026-01-01T00:00:00Z"}, "unknown_field", "timestamp", "did you mean `occurred_at`?"),
    ({"plan": "pro"}, "unknown_field", "plan", "put what is your own into `properties`"),
    ({"site_id": "shop"}, "unknown_field", "site_id", "come from the API key"),
    ({"browser": "Firefox"}, "unknown_field", "browser", "read from `user_agent`"),
    ({"country": "CH"}, "unknown_field", "country", "read from `ip`"),
    ({"gclid": "x"}, "unknown_field", "gclid", "read from `url`"),
    ({"event": None}, "wrong_type", "event", "must be a text, not null"),
    ({"visitor_id": 42}, "wrong_type", "visitor_id", "must be a text, not int"),
    ({"visitor_id": None}, "wrong_type", "visitor_id", "leave the field out"),
    ({"screen_width": 1.5}, "wrong_type", "screen_width", "must be a whole number"),
    ({"event": ""}, "empty_field", "event", "must not be empty"),
    ({"event": "x" * 201}, "field_too_long", "event", "longer than 200 characters"),
    ({"url": "x" * 2_001}, "field_too_long", "url", "longer than 2000 characters"),
    ({"screen_width": 65_536}, "out_of_range", "screen_width", "at most 65535"),
    ({"screen_width": -1}, "out_of_range", "screen_width", "at least 0"),
    ({"schema_version": 0}, "out_of_range", "schema_version", "at least 1"),
    ({"id": "7"}, "invalid_id", "id", "must be a UUID"),
    ({"occurred_at": "yesterday"}, "invalid_time", "occurred_at", "RFC 3339"),
    ({"occurred_at": "2026-01-31T12:00:00"}, "invalid_time", "occurred_at", "with its offset"),
    ({"source": "fax"}, "unknown_value", "source", "one of sdk, api, webhook"),
    ({"occurred_at": "2026-02-01T12:00:01Z"}, "occurred_in_future", "occurred_at", "24 hours ahead"),
    ({"occurred_at": "1969-12-31T23:59:59Z"}, "occurred_too_early", "occurred_at", "before 1970"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_too_early", "occurred_at", "before 1970"),
    ({"properties": [1]}, "not_an_object", "properties", "must be an object"),
    ({"properties": None}, "not_an_object", "properties", "must be an object"),
    ({"properties": {"a": "x" * PROPERTIES_BYTES}}, "properties_too_large", "properties", "32,768 are allowed"),
    ({"properties": {"amount": 5, "a": Raw(b"1e400")}}, "out_of_range", "properties", "larger than 1.8e308"),
    (
        {"properties": {"a": [{"b": Raw(b"-1E+309")}], "c": "x" * 200}},
        "out_of_range",
        "properties",
        "send it as a text",
    ),
    ({"properties": {"a": Raw(b"9" * 4_301)}}, "out_of_range", "properties", "4,300 digits"),
    ({"properties": nested(PROPERTIES_DEPTH + 1)}, "properties_too_deep", "properties", "deeper than 64 levels"),
]


@pytest.mark.parametrize(("change", "code", "field", "words"), BROKEN)
def test_a_broken_event_is_answered_with_code_field_and_reason(
    accept: Accept, change: dict[str, Any], code: str, field: str, words: str
) -> None:
    landed = accept([{"event": "before"}, {"event": "broken", **change}, {"event": "after"}])
    (rejection,) = landed.receipt.rejected
    assert (rejection.index, rejection.code, rejection.field) == (1, code, field)
    assert words in rejection.reason
    assert [event.event for event in landed.events] == ["before", "after"]
    (record,) = landed.rejected
    assert (record.code, record.field, record.position) == (code, field, 1)
    assert (record.org_id, record.site_id, record.source) == ("acme", "shop", "api")
    assert record.body


def test_a_missing_name_is_answered(accept: Accept) -> None:
    (rejection,) = accept({"visitor_id": "v"}).receipt.rejected
    assert (rejection.code, rejection.field) == ("missing_field", "event")


@pytest.mark.parametrize("value", [3, None, "page_view", [], True])
def test_something_else_than_an_object_is_no_event(accept: Accept, value: Any) -> None:
    landed = accept([{"event": "sound"}, value])
    assert [rejection.code for rejection in landed.receipt.rejected] == ["not_an_object"]
    assert landed.receipt.accepted == 1


def test_every_code_is_reached_by_a_test() -> None:
    reached = {code for _, code, _, _ in BROKEN} | {"missing_field", "malformed_json", "invalid_utf8"}
    assert reached == {code.value for code in Code}


@pytest.mark.parametrize(
    "change",
    [
        {"event": "x" * 200},
        {"event": "😀" * 200},
        {"url": "x" * 2_000},
        {"screen_width": 65_535},
        {"schema_version": 255},
        {"occurred_at": "2026-02-01T12:00:00.5Z"},
        {"occurred_at": "1970-01-01T00:00:00Z"},
        {"properties": nested(PROPERTIES_DEPTH)},
        {"properties": {"a": "x" * (PROPERTIES_BYTES - 8)}},
        {"properties": {"brackets": "[{" * 100}},
        {"properties": {"a": Raw(b"1.7976931348623158e308"), "b": Raw(b"9" * 4_300), "c": Raw(b"1e-400")}},
    ],
)
def test_the_limit_itself_is_allowed(accept: Accept, change: dict[str, Any]) -> None:
    assert accept({"event": "a", **change}).receipt.accepted == 1


def test_one_bad_event_does_not_hurt_the_others(accept: Accept) -> None:
    body = b'[{"event":"a"},{"event":"b","properties":{"name":"\xff"}},{"event":"c","properties":{"\xc3\xbc":1}}]'
    landed = accept(body)
    assert [event.event for event in landed.events] == ["a", "c"]
    assert [(rejection.index, rejection.code) for rejection in landed.receipt.rejected] == [(1, "invalid_utf8")]


@pytest.mark.parametrize(
    ("body", "byte", "line", "column"),
    [
        (b"", 0, 1, 1),
        (b'{"event":"a"', 12, 1, 13),
        (b'{"event":"a"} x', 14, 1, 15),
        (b'[\n {"event": "a"},\n oops]', 20, 3, 2),
        (b'{"event":"a","properties":{"a":"\\q"}}', 33, 1, 34),
    ],
)
def test_malformed_json_is_answered_with_its_place_and_kept(
    accept: Accept, body: bytes, byte: int, line: int, column: int
) -> None:
    landed = accept(body)
    broken = landed.receipt.broken
    assert broken is not None
    assert broken.code == Code.MALFORMED_JSON
    assert (broken.line, broken.column) == (line, column)
    assert broken.byte == byte
    assert f"line {line}, column {column}" in broken.reason
    (record,) = landed.rejected
    assert record.body == body.decode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"3", "not_an_object"),
        (b'{"events": 3}', "wrong_type"),
        (b'{"events": [], "sentAt": "2026-01-01T00:00:00Z"}', "unknown_field"),
        (b'{"events": [], "sent_at": "noon"}', "invalid_time"),
        (b"[" * 100_000, "properties_too_deep"),
    ],
)
def test_a_body_that_holds_no_events_is_refused_whole(accept: Accept, body: bytes, code: str) -> None:
    landed = accept(body)
    assert landed.receipt.broken is not None
    assert landed.receipt.broken.code == code
    assert [record.code for record in landed.rejected] == [code]


def test_an_event_an_array_and_an_envelope_are_taken(accept: Accept) -> None:
    event = {"event": "a"}
    assert accept(event).receipt.accepted == 1
    assert accept([event, event]).receipt.accepted == 2
    assert accept({"events": [event, event, event]}).receipt.accepted == 3
    assert accept({"event": "a", "properties": {"events": [1]}}).receipt.accepted == 1
    assert accept([]).receipt.accepted == 0


def test_a_batch_of_too_many_events_reserves_nothing(accept: Accept) -> None:
    assert accept([{"event": "a"}] * BATCH_EVENTS).receipt.accepted == BATCH_EVENTS
    for body in ([{"event": "a"}] * (BATCH_EVENTS + 1), [{"evnt": "a"}] * (BATCH_EVENTS + 1)):
        with pytest.raises(TooManyEvents):
            accept(body)


def test_properties_over_several_lines_are_landed_on_one(accept: Accept) -> None:
    body = b'[{"event": "a", "properties": {\r\n  "a": [1,\n 2], "text": "two\\nlines"\n}},\n{"event": "b"}]'
    landed = accept(body)
    assert msgspec.json.decode(landed.events[0].properties) == {"a": [1, 2], "text": "two\nlines"}


@pytest.mark.parametrize(
    ("sent", "landed"),
    [
        ('{"amount": 5, "amount": 6}', '{"amount":6}'),
        ('{"a":{"b":1e2,"b":1.5},"c":[{"d":1,"d":{"e":"x:y"}}]}', '{"a":{"b":1.5},"c":[{"d":{"e":"x:y"}}]}'),
        (r'{"a":1,"\u0061":2}', '{"a":2}'),
        (r'{"a":1,"a":"\u003a\u003A"}', '{"a":"::"}'),
        (r'{"a":1,"a":"b","c":"\u003a"}', '{"a":"b","c":":"}'),
        (
            '{"a":1,"a":' + "9" * 30 + "}",
            '{"a":' + "9" * 30 + "}",
        ),
        (
            '{"a": 1e2, "b": {"a": 1.10, "url": "https://a.b/?c"}}',
            '{"a": 1e2, "b": {"a": 1.10, "url": "https://a.b/?c"}}',
        ),
    ],
)
def test_of_a_name_that_comes_twice_the_last_value_is_landed_and_nothing_else_is_changed(
    accept: Accept, sent: str, landed: str
) -> None:
    """As the contract reads it, and every reader we know but ClickHouse, for which it would be the first."""
    (event,) = accept(f'{{"event":"a","properties":{sent}}}'.encode()).events
    assert bytes(event.properties).decode() == landed


def test_depth_is_measured_outside_of_strings() -> None:
    assert measure_depth(b'{"a":"' + b"[" * 200 + b'\\"[[[","b":[[1]]}') == 3
    assert measure_depth(b"[" * 90 + b"]" * 90) == 90


def test_a_refused_body_is_cut_at_its_limit(accept: Accept) -> None:
    (record,) = accept({"event": "a", "properties": {"a": "ü" * 100_000}}).rejected
    assert 65_000 < len(record.body.encode()) <= 64 * 1024
