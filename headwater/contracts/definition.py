"""What a customer defines, as stored and as the models read it.

On a site goals, funnels, cohorts and channel rules; for an organization quotas.

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
