"""Storing rows and then the checkpoint that vouches for them, under the load lock, which is not held while fetching."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from headwater.contracts.stripe_row import CheckpointRow
from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from ingestion.insert import insert
from ingestion.lock import load_lock
from ingestion.pipeline import LoadFailed, SourcePipeline
from ingestion.stripe.account import Account
from ingestion.stripe.checkpoint import Position, build_checkpoint, fetch_positions
from ingestion.stripe.refused import Refused, fetch_refused
from ingestion.stripe.rows import RowFiles

_WAIT_FOR_LOCK_SECONDS = 300.0


class Store:
    """The raw tables of Stripe. For one thread."""

    def __init__(self, home: HomeSettings, warehouse: WarehouseSettings) -> None:
        self._home, self._warehouse = home, warehouse
        self._pipeline = SourcePipeline(home, warehouse, "stripe", "raw_stripe")
        self._has_schema = False

    def positions(self, account: Account) -> dict[str, Position]:
        """How far each list is loaded. Raises LockBusy, WarehouseAway, WarehouseRefused."""
        if not self._has_schema:
            with load_lock(self._home, _WAIT_FOR_LOCK_SECONDS), Warehouse(self._warehouse) as warehouse:
                apply_schema(warehouse)
            self._has_schema = True
        with Warehouse(self._warehouse) as warehouse:
            return fetch_positions(warehouse, account)

    def refused(self, account: Account) -> list[Refused]:
        """What Stripe does not show of the account. Raises WarehouseAway, WarehouseRefused."""
        with Warehouse(self._warehouse) as warehouse:
            return fetch_refused(warehouse, account)

    def rows(self, account: Account) -> RowFiles:
        """Empty files for the account's rows. Raises LoadFailed."""
        try:
            return RowFiles(self._home.dlt_dir / "stripe" / account.site_id, account)
        except OSError as error:
            raise LoadFailed(f"cannot write below {self._home.dlt_dir}: {error.strerror}") from error

    @contextmanager
    def adding(self, account: Account) -> Iterator[RowFiles]:
        """`rows` that are removed at the end of the block."""
        rows = self.rows(account)
        try:
            yield rows
        finally:
            rows.discard()

    def save(self, rows: RowFiles, account: Account, positions: Mapping[str, Position]) -> None:
        """Store the rows, and when they are durable, the positions of the lists, by table.

        In this order and not in one load: dlt stores the tables of a load in an order of its own, and a checkpoint that
        came before its rows would be a hole in them when the process is killed between.
        Raises LockBusy, WarehouseAway, WarehouseRefused, LoadFailed.
        """
        from ingestion.stripe.source import stripe_tables

        try:
            files = rows.finish()
        except OSError as error:
            raise LoadFailed(f"cannot write below {self._home.dlt_dir}: {error.strerror}") from error
        checkpoints = [
            build_checkpoint(account, table, position, rows.rows.get(table, 0)) for table, position in positions.items()
        ]
        with load_lock(self._home, _WAIT_FOR_LOCK_SECONDS):
            if files:
                self._pipeline.run(lambda: stripe_tables(files, rows.rows))
            self._insert(checkpoints)

    def _insert(self, checkpoints: Iterable[CheckpointRow]) -> None:
        insert(
            self._warehouse.address,
            self._warehouse.user,
            self._warehouse.password.get_secret_value(),
            "INSERT INTO raw_stripe.checkpoints FORMAT JSONEachRow",
            b"\n".join(map(msgspec.json.encode, checkpoints)),
        )
