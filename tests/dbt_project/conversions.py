"""Which conversions the events of random journeys make: goals reached, and money earned. Written from the rules."""

from dataclasses import dataclass

from tests.dbt_project import journeys
from tests.dbt_project.goals import count_completions
from tests.dbt_project.journeys import Event

REVENUE_EVENTS = ("revenue", "purchase", "invoice.paid")
REVENUE_LOOKBACK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Conversion:
    """A goal reached or money earned. ``owner`` as in `journeys.resolve_people`; None if it is nobody's."""

    kind: str
    site_id: str
    goal_id: str
    owner: tuple[str, str] | None
    visitor_id: str
    converted_ms: int
    lookback_days: int
    value: int
    revenue: int
    currency: str


def count_conversions(events: list[Event]) -> list[Conversion]:
    """Every completion of a goal, and every event that carries revenue."""
    found = [
        Conversion(
            kind="goal",
            site_id=completion.site_id,
            goal_id=completion.goal_id,
            owner=completion.owner,
            visitor_id=completion.visitor_id,
            converted_ms=completion.completed_ms,
            lookback_days=journeys.GOALS[completion.goal_id].lookback_days,
            value=completion.value,
            revenue=0,
            currency=completion.currency,
        )
        for completion in count_completions(events)
    ]
    owners = journeys.resolve_people(events)
    for event in events:
        amount = event.properties.get("amount", 0)
        if event.event in REVENUE_EVENTS and 0 < amount <= journeys.AMOUNT_AT_MOST and not event.is_bot:
            earned = Conversion(
                kind="revenue",
                site_id=event.site_id,
                goal_id="",
                owner=owners.get(event),
                visitor_id=event.visitor_id,
                converted_ms=event.occurred_ms,
                lookback_days=REVENUE_LOOKBACK_DAYS,
                value=0,
                revenue=amount,
                currency=event.properties["currency"],
            )
            found.append(earned)
    return found
