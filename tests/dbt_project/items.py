"""What items of content are, by their plays and sales. Written from the rules."""

from collections import defaultdict

from tests.dbt_project import journeys
from tests.dbt_project.conversions import REVENUE_EVENTS
from tests.dbt_project.journeys import Event

PROPERTIES = ("content_type", "creator_id")


def name_items(events: list[Event]) -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and creator of every item of a site: the greatest of its plays' words, or else of its sales'."""
    by_plays: defaultdict[tuple[str, str, str], str] = defaultdict(str)
    by_sales: defaultdict[tuple[str, str, str], str] = defaultdict(str)
    for session in journeys.split_sessions(events):
        if not session.first.is_bot:
            for item, name, said in told_by_plays(session):
                key = session.first.site_id, item, name
                by_plays[key] = max(by_plays[key], said)
    for event in filter(is_sale, events):
        for name in PROPERTIES:
            key = event.site_id, word(event, "content_id"), name
            by_sales[key] = max(by_sales[key], word(event, name))
    items = {key[:2] for key in (*by_plays, *by_sales)}
    return {
        item: tuple(by_plays[*item, name] or by_sales[*item, name] for name in PROPERTIES)  # type: ignore[misc]
        for item in items
    }


def told_by_plays(session: journeys.Session) -> list[tuple[str, str, str]]:
    """Item, property and its first word, of each stretch of the session's media events that has a play in it."""
    stretches: defaultdict[str, list[list[Event]]] = defaultdict(lambda: [[]])
    for event in session.events:
        if event.event in journeys.MEDIA_EVENTS and word(event, "content_id"):
            of_item = stretches[word(event, "content_id")]
            of_item[-1].append(event)
            if event.event == "complete":
                of_item.append([])
    return [
        (item, name, next(filter(None, (word(event, name) for event in part)), ""))
        for item, parts in stretches.items()
        for part in parts
        if any(event.event == "play" for event in part)
        for name in PROPERTIES
    ]


def word(event: Event, name: str) -> str:
    """A property as text, which a number is too."""
    return str(event.properties.get(name, ""))


def is_sale(event: Event) -> bool:
    amount = event.properties.get("amount", 0)
    return (
        event.event in REVENUE_EVENTS
        and 0 < amount <= journeys.AMOUNT_AT_MOST
        and word(event, "content_id") != ""
        and not event.is_bot
    )
