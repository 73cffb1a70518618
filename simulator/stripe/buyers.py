"""Which visitors of the simulated site may buy: those who say who they are."""

from collections.abc import Iterable

from simulator.event import ScriptedEvent
from simulator.stripe.people import Visit


def find_buyers(script: Iterable[ScriptedEvent], site_id: str, count: int) -> list[Visit]:
    """The first so many users of a site whom a visitor named itself, at the moment it first did."""
    found: dict[str, Visit] = {}
    for scripted in sorted(script, key=lambda scripted: scripted.occurred_ms):
        sent = scripted.sent
        if scripted.site_id != site_id or scripted.is_bot or not sent.visitor_id or not sent.user_id:
            continue
        if sent.user_id not in found and len(found) < count:
            email = sent.user_id if "@" in sent.user_id else f"{sent.user_id}@{site_id}.example"
            at = scripted.occurred_ms // 1000
            found[sent.user_id] = Visit(sent.visitor_id, "", sent.user_id, email, at)
    return list(found.values())
