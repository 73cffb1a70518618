"""The people of a site and the browsers they use."""

from itertools import accumulate
from random import Random

import msgspec

from simulator.catalogue import ADDRESSES, ARRIVALS, CRAWLERS, DEVICES, Arrival, Device, SimulatedSite

_DEVICE_WEIGHTS = tuple(accumulate(device.weight for device in DEVICES))
_ARRIVAL_WEIGHTS = tuple(accumulate(arrival.weight for arrival in ARRIVALS))
_BARE = Device("", (0, 0), (0, 0), 0)


class Browser(msgspec.Struct, gc=False):
    """One browser on one device: a visitor. ``user_id`` is set from the moment its person is known on it."""

    site: SimulatedSite
    visitor_id: str
    device: Device
    user_agent: str
    ip: str
    is_bot: bool = False
    user_id: str = ""


def make_browser(site: SimulatedSite, random: Random) -> Browser:
    """A person's browser, in one of the site's countries."""
    device = random.choices(DEVICES, cum_weights=_DEVICE_WEIGHTS)[0]
    return Browser(site, f"v-{random.getrandbits(64):016x}", device, device.user_agent, _make_address(site, random))


def make_crawler(site: SimulatedSite, random: Random) -> Browser:
    """A crawler that runs the site's script and so has a visitor id like anyone."""
    address = _make_address(site, random)
    return Browser(site, f"v-{random.getrandbits(64):016x}", _BARE, random.choice(CRAWLERS), address, is_bot=True)


def choose_arrival(random: Random) -> Arrival:
    """How somebody came to the site."""
    return random.choices(ARRIVALS, cum_weights=_ARRIVAL_WEIGHTS)[0]


def _make_address(site: SimulatedSite, random: Random) -> str:
    return random.choice(ADDRESSES[random.choice(site.countries)]) + str(1 + random.getrandbits(8) % 254)
