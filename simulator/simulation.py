"""One seeded simulation: the script, how it is delivered, and its truth."""

from collections.abc import Iterator
from datetime import date
from random import Random

from simulator.calendar import Calendar
from simulator.catalogue import SITES, SimulatedSite
from simulator.delivery import ClientRequest, Delivery
from simulator.event import ScriptedEvent
from simulator.platform import PlatformStory
from simulator.story import SiteStory
from simulator.truth import Truth, count_content, count_ledger, count_site_days, count_usage

DAYS = 30
BATCH_SIZE = 400


class Simulation:
    """Requests to send, and what must come of them."""

    def __init__(
        self, sites: tuple[SimulatedSite, ...], script: list[ScriptedEvent], delivery: Delivery, truth: Truth
    ) -> None:
        self.sites = sites
        self.script = script
        self.truth = truth
        self._delivery = delivery

    @property
    def total(self) -> int:
        """Events in all requests."""
        return self._delivery.total

    def requests(self) -> Iterator[ClientRequest]:
        """What the clients post, in order; each time from the start."""
        return self._delivery.requests()


def simulate(
    seed: int,
    start: date,
    days: int = DAYS,
    scale: float = 1.0,
    *,
    sites: tuple[SimulatedSite, ...] = SITES,
    batch_size: int = BATCH_SIZE,
) -> Simulation:
    """Script ``days`` local days of every site from ``start`` on.

    At ``scale`` 1, thirty days are about 200,000 events. ``batch_size`` is the number of events a request holds at
    most. The days must lie in the past: the collector refuses what occurs more than 24 hours ahead of its clock.
    """
    script: list[ScriptedEvent] = []
    truth = Truth()
    for site in sites:
        random = Random(f"{seed}/{site.site_id}")
        calendar = Calendar(site.timezone, start, days)
        share = scale * days / DAYS
        people = SiteStory(site, calendar, share, random)
        people.write()
        platform = PlatformStory(site, calendar, share, random)
        platform.write(people)
        script += people.script
        script += platform.script
        truth.funnels[site.site_id] = people.funnel
    delivery = Delivery(script, Random(f"{seed}/delivery"), batch_size)
    truth.site_days = count_site_days(sites, script)
    truth.usage = count_usage(sites, script)
    truth.content = count_content(script)
    truth.ledger = count_ledger(script, delivery.duplicates, delivery.rejected)
    truth.rejected_codes = {site_id: dict(codes) for site_id, codes in delivery.rejected.items()}
    return Simulation(sites, script, delivery, truth)
