"""What a customer defines, as stored and as the models read it.

On a site goals, funnels, cohorts, channel rules and segments; for an organization quotas.

Decode with ``msgspec.json.decode(text, type=Goal)`` or build and encode; a definition that breaks a rule raises
``msgspec.ValidationError``, which says where.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from headwater.contracts.limits import AMOUNT_AT_MOST, NAME_LENGTH, QUOTA_AT_MOST
from headwater.contracts.pattern import LONGEST_PATTERN, check_pattern

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
Operator = Literal["equals", "contains", "regex"]

BREAKDOWNS = ("path", "device_type", "country", "utm_source", "utm_campaign")
"""Fields of an event that a funnel can be split by, beside its properties."""

TRAITS = (
    *("first_channel", "first_source", "first_medium", "first_campaign"),
    *("first_entry_path", "first_country", "first_device_type", "is_known"),
)
"""What a segment may ask of a person: columns of dim_people."""

RULES_AT_MOST = 10
"""Of a segment."""

TIMES_AT_LEAST = 1_000
"""The most that a segment may ask for: the times of so many events are kept, to know since when it holds."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all definitions share."""


class Condition(Definition, frozen=True):
    """A test of one text. A field that is absent is ''. ``regex`` finds its pattern anywhere; use ^ and $."""

    field: Name
    """Of an event: ``path``, ``url`` or ``properties.<name>``. Of a session: ``source``, ``medium``, ``campaign``,
    ``referrer_host`` or ``entry_path``."""
    operator: Operator
    value: Annotated[str, Meta(max_length=LONGEST_PATTERN)]

    def __post_init__(self) -> None:
        if self.operator == "regex":
            check_pattern(self.value)


class EventMatch(Definition, frozen=True):
    """Events of one name for which every condition holds."""

    event: Name = "page_view"
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        for condition in self.conditions:
            if condition.field not in ("path", "url") and not condition.field.startswith("properties."):
                raise ValueError(f"an event has no field {condition.field!r}; use path, url or properties.<name>")


class Goal(Definition, frozen=True):
    """What counts as a goal reached, what it is worth, and how far back its touches lie."""

    kind: Literal["event", "duration", "pages"]
    """``event``: an event, of which a page view with a path is the destination; ``duration`` and ``pages``: a session
    of more than ``more_than`` seconds or page views."""
    match: EventMatch = EventMatch()
    more_than: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    is_once_per_session: bool = False
    """Whether only the first matching event of a session counts."""
    value: Annotated[int, Meta(ge=0, le=AMOUNT_AT_MOST)] = 0
    """Worth of a completion, in minor units of the currency."""
    value_property: str = ""
    """Property with the worth in minor units, a whole number; where an event has none, ``value`` counts."""
    currency: Annotated[str, Meta(pattern="^([a-z]{3})?$")] = ""
    """ISO 4217, lower case; an event's own property ``currency`` comes first."""
    lookback_days: Annotated[int, Meta(ge=1, le=365)] = 30


class FunnelStep(Definition, frozen=True):
    """One step. An optional step may be passed over."""

    name: Name
    match: EventMatch
    is_required: bool = True


class Funnel(Definition, frozen=True):
    """Steps to be taken within a time, counted from the first."""

    steps: Annotated[tuple[FunnelStep, ...], Meta(min_length=2, max_length=20)]
    order: Literal["ordered", "strict", "any"] = "ordered"
    """``strict``: no other event in between; ``any``: whichever comes first is the first."""
    window_seconds: Annotated[int, Meta(ge=1, le=365 * 86_400)] = 7 * 86_400
    exclusions: tuple[EventMatch, ...] = ()
    """Events that end an attempt."""
    breakdown: str = ""
    """Field of the first step's event whose value splits the report: one of BREAKDOWNS or ``properties.<name>``."""

    def __post_init__(self) -> None:
        if not (self.steps[0].is_required and self.steps[-1].is_required):
            raise ValueError("the first and the last step of a funnel are required")
        if self.order == "any" and not all(step.is_required for step in self.steps):
            raise ValueError("a funnel whose steps come in any order has no optional steps")
        if self.breakdown and self.breakdown not in BREAKDOWNS and not self.breakdown.startswith("properties."):
            raise ValueError(
                f"a funnel is not split by {self.breakdown!r}; use {', '.join(BREAKDOWNS)} or properties.<name>"
            )


class Cohort(Definition, frozen=True):
    """Whom retention follows: people by their first ``start_event`` ever, and what counts as coming back."""

    start_event: str = ""
    """Name of an event; '' for the first event of any name."""
    return_event: str = ""
    """Name of an event; '' for any."""
    breakdown: str = ""
    """Property of the start event whose value splits the report; '' for none."""


class ChannelRule(Definition, frozen=True):
    """The channel of the sessions for which every condition holds."""

    channel: Name
    conditions: Annotated[tuple[Condition, ...], Meta(min_length=1)]
    position: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """The rule of the least position decides; then the least id."""

    def __post_init__(self) -> None:
        for condition in self.conditions:
            if condition.field not in ("source", "medium", "campaign", "referrer_host", "entry_path"):
                raise ValueError(
                    f"a session has no field {condition.field!r}; "
                    "use source, medium, campaign, referrer_host or entry_path"
                )


class Quota(Definition, frozen=True):
    """How much of a metric an organization may use in each day or month, in UTC."""

    metric: Name
    """Name of an event: what `rpt_daily_usage` calls a metric."""
    limit: Annotated[int, Meta(ge=1, le=QUOTA_AT_MOST)]
    """So much may be used; only more exceeds the quota."""
    measure: Literal["events", "quantity"] = "events"
    """``quantity``: an event counts for the number `quantity` of its properties, or for 1 without one."""
    period: Literal["day", "month"] = "month"
    warn_at_percent: Annotated[int, Meta(ge=1, le=100)] = 80
    """The part of the limit from which on the quota is nearly used up."""


class Behavior(Definition, frozen=True, tag_field="kind", tag="behavior"):
    """A rule of a segment: what a person has ever done, so many times."""

    match: EventMatch
    at_least: Annotated[int, Meta(ge=0, le=TIMES_AT_LEAST)] = 1
    at_most: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    """None: as often as they like. For never, this and ``at_least`` are 0."""

    def __post_init__(self) -> None:
        if self.at_most is None and self.at_least == 0:
            raise ValueError("everybody did something 0 times or more; raise at_least, or set at_most to 0 for never")
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(
                f"nobody does something at least {self.at_least} and at most {self.at_most} times; "
                "lower at_least, to 0 for never, or raise at_most"
            )


class Trait(Definition, frozen=True, tag_field="kind", tag="trait"):
    """A rule of a segment: who a person is. ``regex`` finds its pattern anywhere; use ^ and $."""

    field: Name
    """One of TRAITS. Of whom only servers speak all but ``is_known`` is ''."""
    operator: Operator
    value: Annotated[str, Meta(max_length=LONGEST_PATTERN)]
    """Of ``is_known`` it is ``true`` or ``false``."""

    def __post_init__(self) -> None:
        if self.field not in TRAITS:
            raise ValueError(f"a person has no field {self.field!r}; use {', '.join(TRAITS)}")
        if self.field == "is_known" and (self.operator != "equals" or self.value not in ("true", "false")):
            raise ValueError("is_known is tested by equals with 'true' or 'false'")
        if self.operator == "regex":
            check_pattern(self.value)


class Segment(Definition, frozen=True):
    """People of a site for whom every rule holds, by all that is known of them, however long ago."""

    rules: tuple[Behavior | Trait, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.rules) <= RULES_AT_MOST:
            raise ValueError(f"a segment of {len(self.rules)} rules is none; give it 1 to {RULES_AT_MOST}")
