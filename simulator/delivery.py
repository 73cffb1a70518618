"""How events reach the collector: late, out of order, twice, among broken ones, in requests of one site each."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from simulator.breakage import BROKEN_SHARE, make_broken_event
from simulator.calendar import DAY_MS, HOUR_MS
from simulator.event import ScriptedEvent

LATE_SHARE = 0.01
OFFLINE_SHARE = 0.02
DUPLICATE_SHARE = 0.02


class ClientRequest(msgspec.Struct, frozen=True, gc=False):
    """What one client posts at once: a site, and its events as JSON texts."""

    site_id: str
    events: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The request's body: a JSON array."""
        return b"[" + b",".join(self.events) + b"]"


class _Parcel(msgspec.Struct, gc=False):
    arrives_ms: int
    site_id: str
    event: bytes
    repeats: int = -1
    """Number of the event that this one repeats, or of the event itself if it is repeated later; -1 for neither."""


class Delivery:
    """Turns a script into requests in the order of their arrival."""

    def __init__(self, script: Sequence[ScriptedEvent], random: Random, batch_size: int) -> None:
        self.duplicates: Counter[str] = Counter()
        """Repeats by site."""
        self.rejected: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Broken events by site and code."""
        self._batch_size = batch_size
        self._parcels = self._post(script, random)

    def _post(self, script: Sequence[ScriptedEvent], random: Random) -> list[_Parcel]:
        encode = msgspec.json.Encoder().encode
        chance = random.random
        parcels: list[_Parcel] = []
        offline: dict[str, int] = {}
        for number, scripted in enumerate(script):
            hint, site_id, occurred_ms = scripted.sent.session_hint, scripted.site_id, scripted.occurred_ms
            # A whole visit without a network arrives together, hours or days after.
            if hint and hint not in offline:
                offline[hint] = int(chance() * 4 * DAY_MS) if chance() < OFFLINE_SHARE else 0
            delay_ms = int(chance() * 5000) + offline.get(hint, 0)
            if chance() < LATE_SHARE:
                delay_ms += int(chance() * 3 * DAY_MS)
            event = encode(scripted.sent)
            is_repeated = chance() < DUPLICATE_SHARE
            parcels.append(_Parcel(occurred_ms + delay_ms, site_id, event, number if is_repeated else -1))
            if is_repeated:
                again_ms = occurred_ms + delay_ms + int(chance() ** 3 * 12 * HOUR_MS)
                parcels.append(_Parcel(again_ms, site_id, event, number))
                self.duplicates[site_id] += 1
            if chance() < BROKEN_SHARE:
                code, broken = make_broken_event(occurred_ms, random)
                parcels.append(_Parcel(occurred_ms + delay_ms, site_id, broken))
                self.rejected[site_id][code] += 1
        parcels.sort(key=lambda parcel: parcel.arrives_ms)
        return parcels

    @property
    def total(self) -> int:
        """Events to send: duplicates and broken ones included."""
        return len(self._parcels)

    def requests(self) -> Iterator[ClientRequest]:
        """The requests; each time from the start. An event and its repeat never share a request."""
        open_batches: defaultdict[str, list[_Parcel]] = defaultdict(list)
        held_back: defaultdict[str, list[_Parcel]] = defaultdict(list)
        repeated: defaultdict[str, set[int]] = defaultdict(set)
        for parcel in self._parcels:
            site_id = parcel.site_id
            if parcel.repeats >= 0:
                if parcel.repeats in repeated[site_id]:
                    held_back[site_id].append(parcel)
                    continue
                repeated[site_id].add(parcel.repeats)
            batch = open_batches[site_id]
            batch.append(parcel)
            if len(batch) >= self._batch_size:
                yield _close(site_id, batch)
                open_batches[site_id] = held_back.pop(site_id, [])
                repeated[site_id] = {late.repeats for late in open_batches[site_id]}
        for site_id, batch in open_batches.items():
            if batch:
                yield _close(site_id, batch)
            if held_back[site_id]:
                yield _close(site_id, held_back[site_id])


def _close(site_id: str, batch: Sequence[_Parcel]) -> ClientRequest:
    return ClientRequest(site_id, tuple(parcel.event for parcel in batch))
