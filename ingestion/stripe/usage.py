"""Reporting usage to Stripe's billing meters: a day's usage once, and later what it changed by.

What a meter holds of a (customer, meter, day) is the sum of the events sent for it. So the first event is the day's
usage, and each later one the difference that late or erased usage made. Each is planned in ``raw_stripe.meter_events``
before it is sent and noted there again when Stripe has it; a process that is killed between sends the planned event
again, under the same identifier, and Stripe takes it once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from headwater.contracts.stripe_row import MeterEventRow
from headwater.control import READ_ONLY, SecretBox, SecretKeyMissing, list_stripe_connections, open_control
from headwater.settings import ControlSettings, HomeSettings, SecretSettings, StripeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.insert import insert
from ingestion.lock import load_lock
from ingestion.stripe.account import Account
from ingestion.stripe.client import StripeApi
from ingestion.stripe.errors import StripeFailed, StripeRefused

_PATH = "/v1/billing/meter_events"
_ACCEPTED_DAYS = 34
"""Stripe takes usage of the past 35 calendar days; one day less, so that a day cannot grow too old on its way."""
_WAIT_SECONDS = 300.0
NEVER = datetime.fromtimestamp(0, UTC)

CUSTOMERS = """
SELECT id, JSONExtractString(newest.2, 'metadata', 'headwater_org_id') AS org_id
FROM (
    SELECT id, argMax((is_deleted, object), (version_at, loaded_at)) AS newest
    FROM raw_stripe.customers
    WHERE site_id = {site_id:String} AND livemode = {livemode:Bool}
    GROUP BY id
)
WHERE NOT newest.1 AND org_id != ''
ORDER BY id
"""
"""A customer is an organization's when its metadata says so."""

USAGE = """
SELECT org_id, metric, day, toInt64(floor(quantity)) AS quantity
FROM marts.rpt_daily_usage
WHERE metric IN {metrics:Array(String)} AND day BETWEEN {since:Date} AND {until:Date}
"""
"""Meters count whole units; what is not whole is not charged for."""

PLANNED = """
SELECT customer_id, meter, day, revision, value, identifier, max(reported_at) AS reported_at
FROM raw_stripe.meter_events
WHERE org_id = {org_id:String} AND site_id = {site_id:String} AND livemode = {livemode:Bool} AND day >= {since:Date}
GROUP BY customer_id, meter, day, revision, value, identifier
ORDER BY customer_id, meter, day, revision
"""

_Key = tuple[str, str, date]
"""Customer, meter, day."""


@dataclass(slots=True)
class UsageReport:
    """What was reported. ``failures`` has a line for each event or account that could not be."""

    reported: int = 0
    failures: list[str] = field(default_factory=list)


def report_usage(
    home: HomeSettings | None = None,
    warehouse: WarehouseSettings | None = None,
    control: ControlSettings | None = None,
    secret: SecretSettings | None = None,
    settings: StripeSettings | None = None,
    *,
    today: date | None = None,
) -> UsageReport:
    """Report the usage of days before ``today`` (UTC) that are not reported yet, or were reported otherwise.

    Does nothing unless HEADWATER_STRIPE_REPORT_USAGE is set. Customers are known by ``headwater_org_id`` in their
    metadata. Raises ControlUnavailable, LockBusy, WarehouseAway, or WarehouseRefused.
    """
    home, settings, report = home or HomeSettings(), settings or StripeSettings(), UsageReport()
    if not settings.report_usage or not settings.meter_events:
        return report
    with open_control((control or ControlSettings()).database_url(home))() as session:
        session.connection(execution_options=READ_ONLY)
        connections = list_stripe_connections(session)
    until = (today or datetime.now(UTC).date()) - timedelta(days=1)
    # The lock keeps two reporters from planning the same difference twice.
    with load_lock(home, _WAIT_SECONDS, "stripe-usage"):
        for connection in connections:
            account = Account(connection.org_id, connection.site_id, connection.livemode, connection.created_at)
            try:
                key = SecretBox(secret or SecretSettings()).decrypt(connection.secret_key_encrypted)
                reporter = _Reporter(account, StripeApi(key, settings), warehouse or WarehouseSettings(), report)
                reporter.report(settings.meter_events, until - timedelta(days=_ACCEPTED_DAYS - 1), until)
            except (StripeFailed, SecretKeyMissing) as error:
                report.failures.append(f"{account.site_id}: {error}")
    return report


class _Reporter:
    """Reports to one account."""

    def __init__(self, account: Account, api: StripeApi, warehouse: WarehouseSettings, report: UsageReport) -> None:
        self._account, self._api, self._warehouse, self._report = account, api, warehouse, report

    def report(self, meters: dict[str, str], since: date, until: date) -> None:
        with Warehouse(self._warehouse) as client:
            usage = self._fetch_usage(client, meters, since, until)
            planned = self._fetch_planned(client, since)
        new = plan_differences(self._account, usage, planned)
        self._note(new)
        for event in [*(event for event in planned if event.reported_at == NEVER), *new]:
            self._send(event)

    def _fetch_usage(self, client: Warehouse, meters: dict[str, str], since: date, until: date) -> dict[_Key, int]:
        whose = {"site_id": self._account.site_id, "livemode": self._account.livemode}
        customers: dict[str, str] = {}
        for customer, org in client.query(CUSTOMERS, whose)[1]:
            # An organization with several customers is reported to the first: not twice.
            customers.setdefault(org, customer)
        window = {"metrics": list(meters), "since": since, "until": until}
        usage: dict[_Key, int] = {}
        for org, metric, day, quantity in client.query(USAGE, window)[1]:
            if org in customers:
                key = customers[org], meters[metric], day
                usage[key] = usage.get(key, 0) + quantity
        return usage

    def _fetch_planned(self, client: Warehouse, since: date) -> list[MeterEventRow]:
        whose = {"org_id": self._account.org_id, "site_id": self._account.site_id, "livemode": self._account.livemode}
        rows = client.rows(PLANNED, whose | {"since": since})
        # The client gives times of UTC without their zone.
        zoned = ({**row, "reported_at": row["reported_at"].replace(tzinfo=UTC)} for row in rows)
        return [msgspec.convert(whose | row, MeterEventRow) for row in zoned]

    def _send(self, event: MeterEventRow) -> None:
        noon = datetime.combine(event.day, datetime.min.time(), UTC) + timedelta(hours=12)
        body = {
            "event_name": event.meter,
            "identifier": event.identifier,
            "timestamp": int(noon.timestamp()),
            "payload": {"stripe_customer_id": event.customer_id, "value": str(event.value)},
        }
        try:
            self._api.post(_PATH, body)
        except StripeRefused as error:
            # It has it already: sent by a process that was killed before it could note so.
            if "already exists" not in str(error):
                self._report.failures.append(f"{event.customer_id}, {event.meter}, {event.day}: {error}")
                return
        self._note([msgspec.structs.replace(event, reported_at=datetime.now(UTC))])
        self._report.reported += 1

    def _note(self, events: Sequence[MeterEventRow]) -> None:
        if events:
            insert(
                self._warehouse.address,
                self._warehouse.user,
                self._warehouse.password.get_secret_value(),
                "INSERT INTO raw_stripe.meter_events FORMAT JSONEachRow",
                b"\n".join(map(msgspec.json.encode, events)),
            )


def plan_differences(account: Account, usage: dict[_Key, int], planned: Iterable[MeterEventRow]) -> list[MeterEventRow]:
    """What must be sent so that the sum of all that was planned becomes the usage."""
    sums: dict[_Key, int] = {}
    revisions: dict[_Key, int] = {}
    for event in planned:
        key = event.customer_id, event.meter, event.day
        sums[key] = sums.get(key, 0) + event.value
        revisions[key] = max(revisions.get(key, 0), event.revision)
    events = []
    # Usage that is gone altogether, such as a person's that was erased, is taken back, too.
    for key in sorted(usage.keys() | sums.keys()):
        if difference := usage.get(key, 0) - sums.get(key, 0):
            revision = revisions.get(key, 0) + 1
            events.append(_build_event(account, key, revision, difference))
    return events


def _build_event(account: Account, key: _Key, revision: int, value: int) -> MeterEventRow:
    customer, meter, day = key
    what = f"{account.org_id}/{account.site_id}/{account.livemode}/{customer}/{meter}/{day}/{revision}"
    return MeterEventRow(
        org_id=account.org_id,
        site_id=account.site_id,
        livemode=account.livemode,
        customer_id=customer,
        meter=meter,
        day=day,
        revision=revision,
        value=value,
        # Stripe allows 100 characters.
        identifier=f"headwater-{hashlib.sha256(what.encode()).hexdigest()[:40]}",
        reported_at=NEVER,
    )
