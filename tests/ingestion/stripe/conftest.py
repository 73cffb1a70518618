"""An account that is served, a site connected to it, and what the site's raw tables say."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from headwater.contracts.stripe import BY_KIND
from headwater.control import SecretBox, ensure_site, make_secret_key, open_control, save_stripe_connection
from headwater.settings import ControlSettings, HomeSettings, SecretSettings
from headwater.warehouse.client import Warehouse
from ingestion.stripe.load import load_stripe
from ingestion.stripe.progress import StripeReport
from simulator.stripe.account import Account
from simulator.stripe.admission import Faults
from tests.served_stripe import BEGINS, RESTRICTED, Served, serve

STATE = """
SELECT id, argMax((is_deleted, object), (version_at, is_listed, loaded_at, event_id))
FROM (
    SELECT id, version_at, 1 AS is_listed, loaded_at, '' AS event_id, is_deleted, object
    FROM raw_stripe.{table}
    WHERE site_id = {{site:String}}
    UNION ALL
    SELECT
        object_id, version_at, 0, toDateTime64(0, 3, 'UTC'), id, is_deleted, JSONExtractRaw(object, 'data', 'object')
    FROM raw_stripe.events
    WHERE site_id = {{site:String}} AND object_type = {{kind:String}} AND object_id != ''
)
GROUP BY id
"""
"""An object's state: the newest of its rows and of its events' snapshots."""


@dataclass
class ConnectedSite:
    """A site connected to the account, with ids of its own in a warehouse that tests share."""

    site_id: str
    served: Served
    warehouse: Warehouse

    @property
    def account(self) -> Account:
        """What it is connected to."""
        return self.served.account

    def break_down(self, status: int | None, every: int = 1, **members: Any) -> None:
        """Let requests go wrong, as `Faults` says, until `mend`."""
        self.served.admission.faults = Faults(every, status, **members)

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.served.admission.faults = Faults()

    def load(self) -> StripeReport:
        """Load, and make sure that nothing failed."""
        report = load_stripe(self.site_id)
        assert report.failures == {}
        return report

    def state(self, kind: str) -> dict[str, tuple[bool, Any]]:
        """Whether each object of a kind is deleted, and its JSON, by id."""
        table = BY_KIND[kind].table
        rows = self.warehouse.query(STATE.format(table=table), {"site": self.site_id, "kind": kind})[1]
        return {id_: (bool(newest[0]), json.loads(newest[1])) for id_, newest in rows}

    def count(self, table: str) -> int:
        """Rows of a raw table."""
        sql = f"SELECT count() FROM raw_stripe.{table} WHERE site_id = {{site:String}}"
        return int(self.warehouse.value(sql, {"site": self.site_id}))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An empty account; HEADWATER_STRIPE_API_BASE points to it, and nothing is waited for long."""
    with serve(Account(BEGINS)) as running:
        monkeypatch.setenv("HEADWATER_STRIPE_API_BASE", running.address)
        monkeypatch.setenv("HEADWATER_STRIPE_REQUESTS_PER_SECOND", "100")
        monkeypatch.setenv("HEADWATER_STRIPE_PATIENCE_SECONDS", "0")
        yield running


@pytest.fixture
def site(served: Served, home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> ConnectedSite:
    """A site that is connected to the account, and not loaded yet."""
    monkeypatch.setenv("HEADWATER_SECRET_KEY", make_secret_key())
    return connect(served, home, warehouse)


def connect(served: Served, home: HomeSettings, warehouse: Warehouse, key: str = RESTRICTED) -> ConnectedSite:
    """Another site of the home, connected to the account."""
    site_id = f"shop-{secrets.token_hex(4)}"
    with open_control(ControlSettings().database_url(home)).begin() as session:
        ensure_site(session, "acme", site_id)
        save_stripe_connection(session, SecretBox(SecretSettings()), site_id, key)
    return ConnectedSite(site_id, served, warehouse)
