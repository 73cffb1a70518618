"""Objects that an event names and Stripe does not show: which they are, and which of them are asked for again.

A key may lack a right, or an object be one that Stripe answers with an error: neither may keep the other events of the
account away. Such an object stays as its events tell, and is asked for again by whatever event names it next and,
beside that, once a day, some times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headwater.contracts.stripe import OBJECTS, StripeObject
from headwater.warehouse.client import Warehouse
from ingestion.stripe.account import Account
from ingestion.stripe.errors import StripeRefused

_PAUSE = timedelta(days=1)
_MOST_TIMES = 8
"""So often an object is refused before only its next event asks for it: a week of days."""
_MOST_OBJECTS = 100
"""Asked for again by one poll: a key without a right is refused every object of a kind."""

_OF_ONE_OBJECT = {400, 403, 404}
"""Statuses that say nothing of other objects. With any other the next request fares no better."""

_BY_TABLE = {kind.table: kind for kind in OBJECTS}

_REFUSED = """
WITH refusals AS (
    SELECT org_id, site_id, livemode, object, id, asked_at, reason
    FROM raw_stripe.refused_objects
    WHERE {where}
),
shown AS (
    SELECT org_id, site_id, livemode, toString(_table) AS object, id, max(version_at) AS shown_at
    FROM merge('raw_stripe', '^({tables})$')
    WHERE (org_id, site_id, id) IN (SELECT org_id, site_id, id FROM refusals)
    GROUP BY org_id, site_id, livemode, object, id
)
SELECT
    refusals.site_id,
    toString(refusals.object) AS of_table,
    refusals.id,
    count() AS times,
    max(refusals.asked_at) AS last_asked_at,
    argMax(refusals.reason, refusals.asked_at)
FROM refusals
LEFT JOIN shown
    ON shown.org_id = refusals.org_id
    AND shown.site_id = refusals.site_id
    AND shown.livemode = refusals.livemode
    AND shown.object = of_table
    AND shown.id = refusals.id
WHERE refusals.asked_at >= shown.shown_at
GROUP BY refusals.org_id, refusals.site_id, refusals.livemode, of_table, refusals.id
ORDER BY last_asked_at, of_table, refusals.id
"""
_OF_ACCOUNT = "org_id = {org_id:String} AND site_id = {site_id:String} AND livemode = {livemode:Bool}"
_OF_CONNECTIONS = (
    "(org_id, site_id, livemode) IN (SELECT org_id, site_id, livemode FROM raw_control.stripe_connections)"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that Stripe did not show when it was last asked for."""

    site_id: str
    kind: StripeObject
    id: str
    times: int
    """Refused since it was last shown."""
    asked_at: datetime
    """When it was last refused, by Stripe's clock."""
    reason: str


def is_of_one_object(refusal: StripeRefused) -> bool:
    """Whether it says nothing of other objects, as a refused key would."""
    return refusal.status in _OF_ONE_OBJECT


def fetch_refused(warehouse: Warehouse, account: Account | None = None) -> list[Refused]:
    """What is refused of an account, or of all connected ones, the longest ago first. Raises WarehouseError."""
    sql = _REFUSED.replace("{where}", _OF_ACCOUNT if account else _OF_CONNECTIONS)
    parameters = {"org_id": account.org_id, "site_id": account.site_id, "livemode": account.livemode} if account else {}
    rows = warehouse.query(sql.replace("{tables}", "|".join(_BY_TABLE)), parameters)[1]
    return [
        # The client gives times of UTC without their zone.
        Refused(site_id, _BY_TABLE[table], id_, times, asked_at.replace(tzinfo=UTC), reason)
        for site_id, table, id_, times, asked_at, reason in rows
    ]


def choose_due(refused: Sequence[Refused], now: datetime) -> list[Refused]:
    """Those that are asked for again at ``now``, by Stripe's clock."""
    return [one for one in refused if one.times < _MOST_TIMES and one.asked_at <= now - _PAUSE][:_MOST_OBJECTS]


def name_refused(reasons: Sequence[str]) -> str:
    """One line that counts them and names some."""
    named = "; ".join([*reasons[:3], *(["…"] if len(reasons) > 3 else [])])
    return f"Stripe does not show {len(reasons)} objects, which stay as their events told: {named}"
