"""Definitions are refused before they can stop a model."""

import msgspec
import pytest

from headwater.contracts.definition import (
    Behavior,
    ChannelRule,
    Condition,
    EventMatch,
    Funnel,
    FunnelStep,
    Goal,
    Quota,
    Segment,
    Trait,
)


def test_a_definition_comes_back_from_json_as_it_was() -> None:
    funnel = Funnel(
        steps=(FunnelStep("in", EventMatch()), FunnelStep("out", EventMatch("buy"))), order="strict", breakdown="path"
    )
    assert msgspec.json.decode(msgspec.json.encode(funnel), type=Funnel) == funnel


def test_a_funnel_ends_with_required_steps() -> None:
    steps = (FunnelStep("in", EventMatch()), FunnelStep("out", EventMatch("buy"), is_required=False))
    with pytest.raises(ValueError, match="first and the last"):
        Funnel(steps=steps)


def test_steps_in_any_order_are_all_required() -> None:
    first, last = FunnelStep("in", EventMatch()), FunnelStep("out", EventMatch("buy"))
    with pytest.raises(ValueError, match="no optional steps"):
        Funnel(steps=(first, FunnelStep("maybe", EventMatch("look"), is_required=False), last), order="any")


def test_a_funnel_is_split_by_a_field_that_exists() -> None:
    steps = (FunnelStep("in", EventMatch()), FunnelStep("out", EventMatch("buy")))
    for breakdown in ("", "path", "utm_campaign", "properties.plan"):
        Funnel(steps=steps, breakdown=breakdown)
    with pytest.raises(ValueError, match=r"not split by 'plan'; use path, .* or properties\.<name>"):
        Funnel(steps=steps, breakdown="plan")


def test_conditions_name_fields_that_exist() -> None:
    with pytest.raises(ValueError, match="no field 'plan'"):
        EventMatch("buy", (Condition("plan", "equals", "team"),))
    with pytest.raises(ValueError, match="no field 'path'"):
        ChannelRule("Partners", (Condition("path", "equals", "/"),))


def test_a_goal_is_worth_no_more_than_an_event_may_carry() -> None:
    assert msgspec.json.decode(b'{"kind": "event", "value": 1000000000000}', type=Goal).value == 10**12
    with pytest.raises(msgspec.ValidationError, match="value"):
        msgspec.json.decode(b'{"kind": "event", "value": 1000000000001}', type=Goal)


def test_unknown_keys_and_long_lookbacks_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="lookback_days"):
        msgspec.json.decode(b'{"kind": "event", "lookback_days": 900}', type=Goal)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"kind": "event", "lookback": 9}', type=Goal)


def test_a_quota_allows_something_and_warns_at_or_before_its_limit() -> None:
    quota = msgspec.json.decode(b'{"metric": "export", "limit": 1000000000000000000}', type=Quota)
    assert (quota.measure, quota.period, quota.warn_at_percent) == ("events", "month", 80)
    for wrong, of in (
        ('"limit": 0', "limit"),
        ('"limit": 1000000000000000001', "limit"),
        ('"limit": 1.5', "limit"),
        ('"limit": 5, "warn_at_percent": 0', "warn_at_percent"),
        ('"limit": 5, "warn_at_percent": 101', "warn_at_percent"),
        ('"limit": 5, "period": "week"', "period"),
        ('"limit": 5, "measure": "visitors"', "measure"),
    ):
        with pytest.raises(msgspec.ValidationError, match=of):
            msgspec.json.decode(f'{{"metric": "export", {wrong}}}', type=Quota)
    with pytest.raises(msgspec.ValidationError, match="metric"):
        msgspec.json.decode(b'{"metric": "", "limit": 5}', type=Quota)


def test_a_segment_comes_back_from_json_with_its_kinds_of_rules() -> None:
    segment = Segment(
        (
            Behavior(EventMatch("buy", (Condition("path", "regex", "^/shop"),)), at_least=2),
            Behavior(EventMatch("cancel"), at_least=0, at_most=0),
            Trait("first_country", "equals", "NP"),
            Trait("is_known", "equals", "false"),
        )
    )
    assert msgspec.json.decode(msgspec.json.encode(segment), type=Segment) == segment


@pytest.mark.parametrize(
    ("rules", "advice"),
    [
        ("", "a segment of 0 rules is none; give it 1 to 10"),
        (", ".join(['{"kind": "behavior", "match": {}}'] * 11), "11 rules is none; give it 1 to 10"),
        ('{"kind": "behavior", "match": {}, "at_least": 0}', "raise at_least, or set at_most to 0 for never"),
        ('{"kind": "behavior", "match": {}, "at_most": 0}', "lower at_least, to 0 for never, or raise at_most"),
        ('{"kind": "behavior", "match": {}, "at_least": 1001}', r"<= 1000 - at `\$.rules\[0\].at_least`"),
        ('{"kind": "behavior", "match": {}, "at_most": 1000001}', r"<= 1000000 - at `\$.rules\[0\].at_most`"),
        ('{"kind": "trait", "field": "country", "operator": "equals", "value": ""}', "use first_channel, .*, is_known"),
        (
            '{"kind": "trait", "field": "is_known", "operator": "equals", "value": "yes"}',
            "equals with 'true' or 'false'",
        ),
        (
            '{"kind": "trait", "field": "is_known", "operator": "contains", "value": "true"}',
            "equals with 'true' or 'fal",
        ),
        ('{"kind": "trait", "field": "first_source", "operator": "regex", "value": "(?=a)"}', "do not know"),
        ('{"kind": "property", "field": "first_source"}', r"Invalid value 'property' - at `\$.rules\[0\].kind`"),
    ],
)
def test_a_segment_that_means_nothing_is_refused_with_what_to_do(rules: str, advice: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=advice):
        msgspec.json.decode(f'{{"rules": [{rules}]}}', type=Segment)
