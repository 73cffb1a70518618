"""What a busy Stripe account would have brought, made in ClickHouse itself: a year of subscriptions and their payments.

A payment is a charge with its payment intent, its invoice and its balance transaction; of the last days also the events
that told of them. Sizes are those of Stripe's own objects, one to two kilobytes, and like
Stripe's their ids grow with time.
"""

from headwater.warehouse.client import Warehouse
from tests.benchmarks.charge_shapes import PRICES, PRODUCTS, Shape, Tables, text_of

LAST_DAY = "2026-05-31"
MIDNIGHT = f"toUnixTimestamp(toDateTime('{LAST_DAY} 00:00:00', 'UTC'))"
DAYS = 300
DAYS_OF_EVENTS = 30
ROWS_AT_A_TIME = 200_000
WHOSE = "'bench' AS org_id, 'site-0' AS site_id, true AS livemode"
CONNECTED = f"toDateTime64('{LAST_DAY} 00:00:00', 3, 'UTC')"


class Account:
    """The raw tables of one account, and what is landed in them. ``charges``, ``subscriptions``: of its history."""

    def __init__(self, client: Warehouse, charges: int, subscriptions: int, visitors: int) -> None:
        self._client, self._visitors = client, visitors
        self._charges, self._subscriptions = charges, subscriptions
        # At even distances, up to yesterday.
        self.paid_at = f"{MIDNIGHT} - {DAYS * 86400} + intDiv(n * {DAYS * 86400 - 1}, {charges})"
        self.begun_at = f"{MIDNIGHT} - {DAYS * 86400} + sipHash64(sub, 'begun') % 864000"

    def connect(self) -> None:
        self._client.command(f"INSERT INTO raw_control.stripe_connections SELECT 'site-0', 'bench', true, {CONNECTED}")
        self.land(PRODUCTS, "numbers(5)", "0", CONNECTED, "0")
        self.land(PRICES, "numbers(10)", "0", CONNECTED, "0")

    def land(self, tables: Tables, numbers: str, at: str, loaded_at: str, told_since: str) -> None:
        """Objects of these tables as a list shows them, and the events that told of those made since ``told_since``.

        ``numbers``: a table of `number`. ``at``: SQL of the Unix seconds at which object `n` was made.
        """
        for table, (shape, prefix, kind, event_type) in tables.items():
            name = {"sub_": "sub", "cus_": "sub", "prod_": "n", "price_": "n"}.get(prefix, "id")
            self._land(table, shape, f"concat('{prefix}', toString({name}))", numbers, at, loaded_at)
            if event_type:
                self._tell(
                    shape, f"concat('{prefix}', toString({name}))", kind, event_type, numbers, at, loaded_at, told_since
                )

    def land_payouts(self, numbers: str, at: str, loaded_at: str) -> None:
        """One payout for each day of these payments, of all that was paid in a currency."""
        paid = "SELECT *, concat('po_', currency, '_', toString(intDiv(at, 86400))) AS payout FROM ("
        paid += f"{self._made(numbers, at)})"
        shape: Shape = {
            "id": "${payout}", "object": "payout", "amount": "#{total}", "automatic": True, "created": "#{at}",
            "currency": "${currency}", "status": "paid", "arrival_date": "#{at}", "type": "bank_account",
        }  # fmt: skip
        self._client.command(
            "INSERT INTO raw_stripe.payouts (org_id, site_id, livemode, id, created, version_at, is_deleted, object,"
            f" loaded_at) SELECT {WHOSE}, payout, toDateTime64(at, 3, 'UTC'), {loaded_at}, false,"
            f" {text_of(shape)}, {loaded_at} FROM ("
            "SELECT payout, currency, sum(amount - fee) AS total, max(at) AS at"
            f" FROM ({paid}) GROUP BY payout, currency)"
        )
        self._client.command(
            "INSERT INTO raw_stripe.payout_transactions"
            f" SELECT {WHOSE}, payout, concat('txn_', id), {loaded_at} FROM ({paid})"
        )

    def land_rates(self, first_day: int, days: int, loaded_at: str) -> None:
        """Rates of so many days from the one so many days before the last."""
        self._client.command(
            "INSERT INTO raw_rates.exchange_rates SELECT"
            f" toDate('{LAST_DAY}') - {first_day} + intDiv(number, 2) AS day, 'eur',"
            " ['usd', 'jpy'][1 + number % 2] AS currency,"
            " toDecimal64(if(currency = 'usd', 1.1, 160) + sipHash64(day) % 100 / 10000, 8), 'bench',"
            f" {loaded_at} FROM numbers({2 * days})"
        )

    def finish_load(self, loaded_at: str) -> None:
        """All lists and the feed are read to their end."""
        self._client.command(
            f"INSERT INTO raw_stripe.checkpoints SELECT {WHOSE}, arrayJoin(['events', 'charges', 'refunds', 'disputes',"
            f" 'balance_transactions']), {loaded_at}, '', {loaded_at}, 0, {loaded_at}"
        )

    def _made(self, numbers: str, at: str) -> str:
        return (
            "SELECT number AS n, concat('3M', leftPad(toString(n), 12, '0')) AS id, sipHash64(n) AS chance,"
            f" if(n < 1000000000, n % {self._subscriptions}, n - 1000000000) AS sub, {at} AS at,"
            f" if(n < {self._charges}, {self.paid_at}, at) AS made,"
            f" if(sub < {self._subscriptions}, {self.begun_at}, at) AS begun,"
            " ['usd', 'usd', 'usd', 'eur', 'jpy'][1 + sub % 5] AS currency, 1000 + chance % 9000 AS amount,"
            " intDiv(amount, 30) AS fee, 0 AS refunded, 1 + (chance + at) % 5 AS quantity,"
            f" if(sub % 2 = 0, hex(sipHash64(sub % {self._visitors} * 5, 'visitor')), '') AS visitor FROM {numbers}"
        )

    def _land(self, table: str, shape: Shape, name: str, numbers: str, at: str, loaded_at: str) -> None:
        self._client.command(
            f"INSERT INTO raw_stripe.{table} (org_id, site_id, livemode, id, created, version_at, is_deleted, object,"
            f" loaded_at) SELECT {WHOSE}, {name}, toDateTime64(at, 3, 'UTC'), {loaded_at}, false,"
            f" {text_of(shape)}, {loaded_at} FROM ({self._made(numbers, at)})"
        )

    def _tell(
        self, shape: Shape, name: str, kind: str, event_type: str, numbers: str, at: str, loaded_at: str, since: str
    ) -> None:
        event = {
            "id": "${event}", "object": "event", "api_version": "2025-03-31.basil", "created": "#{at}",
            "data": {"object": shape}, "livemode": True, "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None}, "type": event_type,
        }  # fmt: skip
        self._client.command(
            "INSERT INTO raw_stripe.events (org_id, site_id, livemode, id, created, version_at, is_deleted, object,"
            f" type, object_type, object_id, origin, loaded_at) SELECT {WHOSE},"
            f" concat('evt_{event_type}_', id, '_', toString(at)) AS event,"
            " toDateTime64(at, 3, 'UTC') AS told_at, told_at, false,"
            f" {text_of(event)}, '{event_type}', '{kind}', {name}, 'feed', {loaded_at}"
            f" FROM ({self._made(numbers, at)}) WHERE at >= {since}"
        )
