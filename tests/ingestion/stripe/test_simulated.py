"""A scripted business over HTTP: its first load, what later days change, and webhooks twice, shuffled or never."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from headwater.contracts.stripe import OBJECTS, StripeObject
from headwater.control import SecretBox, ensure_site, make_secret_key, open_control, save_stripe_connection
from headwater.settings import ControlSettings, HomeSettings, SecretSettings
from headwater.warehouse.client import Warehouse
from ingestion.stripe.load import load_stripe
from ingestion.stripe.progress import StripeReport
from simulator.stripe.account import Account
from simulator.stripe.admission import Faults
from simulator.stripe.business import script_business
from simulator.stripe.clock import DAY
from tests.ingestion.stripe.conftest import STATE
from tests.ingestion.stripe.test_poll import deliver
from tests.served_stripe import BEGINS, RESTRICTED, Served, serve


@dataclass
class Business:
    """A site connected to an account, with an id of its own in a warehouse that tests share."""

    site_id: str
    served: Served
    warehouse: Warehouse

    @property
    def account(self) -> Account:
        return self.served.account

    def load(self) -> StripeReport:
        report = load_stripe(self.site_id)
        assert report.failures == {}
        return report

    def state(self, kind: StripeObject) -> dict[str, dict[str, Any]]:
        """Objects that are not deleted, by id."""
        asked = {"site": self.site_id, "kind": kind.kind}
        rows = self.warehouse.query(STATE.format(table=kind.table), asked)[1]
        return {id_: json.loads(newest[1]) for id_, newest in rows if not newest[0]}

    def assert_loaded(self) -> None:
        """Every object is in the warehouse as it is in the account, and none beside them."""
        for kind in OBJECTS:
            found, held = self.state(kind), self.account.of(kind.kind)
            assert found.keys() == held.keys(), kind.table
            for id_, one in held.items():
                # No event tells that a booking became available, and nothing asks for it.
                told = ("status",) if kind.has_events else ()
                for member in (*told, "amount", "amount_refunded", "total", "balance", "cancel_at_period_end"):
                    assert found[id_].get(member) == one.get(member), (id_, member)


@pytest.fixture
def business(home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Business]:
    """Two months of forty customers, connected to a site and not loaded yet."""
    account = Account(BEGINS)
    for _ in script_business(account, 3, BEGINS, months=2, customers=40):
        pass
    monkeypatch.setenv("HEADWATER_SECRET_KEY", make_secret_key())
    monkeypatch.setenv("HEADWATER_STRIPE_REQUESTS_PER_SECOND", "100")
    site_id = f"scripted-{secrets.token_hex(4)}"
    with open_control(ControlSettings().database_url(home)).begin() as session:
        ensure_site(session, "acme", site_id)
        save_stripe_connection(session, SecretBox(SecretSettings()), site_id, RESTRICTED)
    with serve(account) as served:
        monkeypatch.setenv("HEADWATER_STRIPE_API_BASE", served.address)
        yield Business(site_id, served, warehouse)


def test_a_business_is_loaded_over_its_faults_and_followed_from_day_to_day(business: Business) -> None:
    business.served.admission.faults = Faults(every=11, status=503, times=3)
    first = business.load()
    business.assert_loaded()
    assert sum(first.rows.values()) > 500

    business.served.requests.clear()
    assert business.load().rows == {}
    assert len(business.served.requests) == 2

    business.account.advance(business.account.now + 9 * DAY)
    assert business.load().rows
    business.assert_loaded()


def test_webhooks_twice_shuffled_or_never_end_with_the_same_objects(business: Business, home: HomeSettings) -> None:
    business.load()
    events: list[dict[str, object]] = []
    business.account.listeners.append(events.append)
    business.account.advance(business.account.now + 5 * DAY)
    assert len(events) > 20
    received = [event for number, event in enumerate(events) if number % 4] * 2
    Random(0).shuffle(received)
    deliver(home, business.site_id, received)
    business.load()
    business.assert_loaded()
