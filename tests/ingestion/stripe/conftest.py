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
from tests.ingestion.stripe.account_server import KEY, StripeAccount, serving

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
    account: StripeAccount
    warehouse: Warehouse

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
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeAccount]:
    """An empty account; HEADWATER_STRIPE_API_BASE points to it, and nothing is waited for long."""
    with serving(StripeAccount()) as running:
        monkeypatch.setenv("HEADWATER_STRIPE_API_BASE", running.address)
        monkeypatch.setenv("HEADWATER_STRIPE_REQUESTS_PER_SECOND", "100")
        monkeypatch.setenv("HEADWATER_STRIPE_PATIENCE_SECONDS", "0")
        yield running


@pytest.fixture
def site(
    account: StripeAccount, home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> ConnectedSite:
    """A site that is connected to the account, and not loaded yet."""
    key = make_secret_key()
    monkeypatch.setenv("HEADWATER_SECRET_KEY", key)
    return connect(account, home, warehouse)


def connect(account: StripeAccount, home: HomeSettings, warehouse: Warehouse) -> ConnectedSite:
    """Another site of the home, connected to the account."""
    site_id = f"shop-{secrets.token_hex(4)}"
    with open_control(ControlSettings().database_url(home)).begin() as session:
        ensure_site(session, "acme", site_id)
        save_stripe_connection(session, SecretBox(SecretSettings()), site_id, KEY)
    return ConnectedSite(site_id, account, warehouse)
