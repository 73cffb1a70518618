"""Events and objects as others recorded them from Stripe, of many years and versions: all of them load."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.contracts.stripe import BY_KIND
from headwater.settings import HomeSettings
from tests.ingestion.stripe.conftest import ConnectedSite
from tests.ingestion.stripe.test_poll import deliver


def fixtures(folder: Path, pattern: str) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in sorted(folder.rglob(pattern))]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("folder", ["stripe_webhook_events", "djstripe_objects"])
def test_every_recorded_event_is_loaded(
    folder: str, site: ConnectedSite, home: HomeSettings, shared_data: Callable[[str], Path]
) -> None:
    pattern = "*.json" if folder == "stripe_webhook_events" else "event_*.json"
    root = shared_data(folder)
    recorded = [json.loads(path.read_text()) for path in sorted(root.rglob(pattern))]
    recorded = [one for one in recorded if one.get("type") and "data" in one]
    assert recorded
    # Many have the same id.
    events = [one | {"id": f"evt_{place}", "livemode": False} for place, one in enumerate(recorded)]
    deliver(home, site.site_id, events)
    assert site.count("events") == len(events)


def test_every_recorded_object_is_loaded_as_it_is(site: ConnectedSite, shared_data: Callable[[str], Path]) -> None:
    loaded: Counter[str] = Counter()
    for one in fixtures(shared_data("djstripe_objects"), "*.json"):
        if isinstance(one, dict) and one.get("object") in BY_KIND and one.get("id"):
            site.account.of(one["object"])[one["id"]] = one | {"livemode": False}
            loaded[one["object"]] += 1
    assert set(loaded) >= {"charge", "customer", "dispute", "invoice", "payment_intent", "subscription"}
    site.load()
    for kind in loaded:
        held = site.account.of(kind)
        state = site.state(kind)
        assert {id_: one for id_, (_, one) in state.items()} == held


def test_every_object_of_the_official_fixtures_is_loaded_as_it_is(
    site: ConnectedSite, shared_data: Callable[[str], Path]
) -> None:
    path = shared_data("stripe_openapi") / "openapi" / "fixtures3.json"
    resources = json.loads(path.read_text())["resources"]
    for kind in BY_KIND.values():
        one = resources[kind.kind] | {"livemode": False}
        site.account.of(kind.kind)[one["id"]] = one
    site.load()
    for kind in BY_KIND.values():
        assert {id_: one for id_, (_, one) in site.state(kind.kind).items()} == site.account.of(kind.kind)
