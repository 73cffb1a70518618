"""The simulation, taken in by the real intake: sound events stand, broken ones fall for the reason intended."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import count

import msgspec

from headwater.intake import Intake, Sender, open_places
from headwater.settings import EnrichmentSettings
from simulator import simulate
from simulator.catalogue import SITES
from simulator.client import USER_AGENT


def test_the_intake_accepts_and_refuses_what_the_truth_says() -> None:
    simulation = simulate(21, date(2026, 10, 1), days=10, scale=0.5)
    intake, sequences = Intake(open_places(EnrichmentSettings()), b"k" * 32), count()
    codes: dict[str, Counter[str]] = {}
    received: Counter[str] = Counter()
    events: dict[str, msgspec.Raw] = {}
    countries: dict[str, set[str]] = {}
    bots: Counter[str] = Counter()
    for request in simulation.requests():
        site = next(site for site in SITES if site.site_id == request.site_id)
        sender = Sender(
            site.org_id, site.site_id, "api", "127.0.0.1", USER_AGENT, frozenset({site.host}), datetime.now(UTC)
        )
        receipt = intake.accept_body(request.body, sender, "c", lambda _: next(sequences))
        assert not receipt.ids
        codes.setdefault(site.site_id, Counter()).update(rejection.code for rejection in receipt.rejected)
        received[site.site_id] += len(request.events)
        for line in receipt.frame.event_lines.splitlines():
            event = msgspec.json.decode(line)
            if event["id"] not in events:
                events[event["id"]] = event
                bots[site.site_id] += event.get("is_bot", False)
                if event.get("visitor_id"):
                    countries.setdefault(site.site_id, set()).add(event.get("country", ""))
    assert {site_id: dict(counter) for site_id, counter in codes.items()} == simulation.truth.rejected_codes
    assert len({code for counter in codes.values() for code in counter}) == 6
    for site in SITES:
        entry = simulation.truth.ledger[site.site_id]
        assert (received[site.site_id], bots[site.site_id]) == (entry.received, entry.bots)
        assert countries[site.site_id] == set(site.countries)
    assert len(events) == simulation.truth.total.counted + simulation.truth.total.bots
