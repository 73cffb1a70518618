"""What the simulated business counts, defined on each of its sites as a customer defines it."""

from headwater.contracts.definition import (
    Behavior,
    ChannelRule,
    Cohort,
    Condition,
    EventMatch,
    Funnel,
    FunnelStep,
    Goal,
    Segment,
)
from simulator.catalogue import LANDING_PATH, PRICING_PATH


def _view_of(path: str) -> EventMatch:
    return EventMatch("page_view", (Condition("path", "equals", path),))


GOALS = {
    "signup": Goal(kind="event", match=EventMatch("signup")),
    "subscription": Goal(
        kind="event", match=EventMatch("subscription_started"), value_property="amount", currency="usd"
    ),
    "pricing": Goal(kind="event", match=_view_of(PRICING_PATH), is_once_per_session=True),
    "five-minutes": Goal(kind="duration", more_than=300),
    "many-pages": Goal(kind="pages", more_than=5),
}
FUNNEL = Funnel(
    steps=(
        FunnelStep("landing", _view_of(LANDING_PATH)),
        FunnelStep("pricing", _view_of(PRICING_PATH)),
        FunnelStep("signup", EventMatch("signup")),
        FunnelStep("activate", EventMatch("project_created")),
        FunnelStep("subscribe", EventMatch("subscription_started")),
    ),
    window_seconds=14 * 86_400,
    breakdown="device_type",
)
"""The truth of a simulation has the people of each step."""
FUNNELS = {"business": FUNNEL}
COHORTS = {"signups": Cohort(start_event="signup", breakdown="method")}
CHANNEL_RULES = {
    "partners": ChannelRule(channel="Partners", conditions=(Condition("source", "equals", "partner"),)),
}
SEGMENTS = {
    "undecided": Segment(
        (Behavior(EventMatch("signup")), Behavior(EventMatch("subscription_started"), at_least=0, at_most=0))
    ),
}
"""Who signed up and has not subscribed: of the funnel's people those between the two steps."""
