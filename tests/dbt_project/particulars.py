"""What events of random journeys tell beside their names: of items bought, moves of the mouse and attention."""

from random import Random
from typing import Any
from uuid import UUID


def more_properties(event: str, event_id: UUID) -> dict[str, Any]:
    """More properties of an event, chosen by its id alone: no event that comes after it is another for them."""
    random = Random(event_id.int)
    if event == "purchase" and random.random() < 0.8:
        return _choose_item(random)
    if event == "move":
        return {"x": random.choice((-3, 0, 19.9, 20, 400)), "y": random.choice((0, 40, 2_000_000))}
    if event == "attention":
        return {"y": random.choice((0, 99.9, 100, 1200)), "duration_ms": random.choice((-1, 0, 1, 950, 4_000_000))}
    return {}


def _choose_item(random: Random) -> dict[str, Any]:
    """Two of the items are played too, of the others only sales tell."""
    item: dict[str, Any] = {"content_id": random.choice("abcde")}
    for name, values in (("content_type", ("video", "post")), ("creator_id", ("ada", "kim", "zoe"))):
        if random.random() < 0.4:
            item[name] = random.choice(values)
    return item
