"""From Stripe's JSON to rows, and the files that hold them until they are stored."""

from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from headwater.contracts.stripe import FEED, Head
from headwater.contracts.stripe_row import (
    ObjectRow,
    PayoutTransactionRow,
    RefusedObjectRow,
    StripeEvent,
    build_event_row,
    compact,
    decode_event,
)
from ingestion.stripe.account import Account
from ingestion.stripe.errors import StripeRefused
from ingestion.stripe.listing import read_head

PAYOUT_TRANSACTIONS = "payout_transactions"
REFUSED_OBJECTS = "refused_objects"


class RowFiles:
    """Files of JSON lines, one per raw table, in a folder that is made or emptied."""

    def __init__(self, folder: Path, account: Account) -> None:
        """Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.jsonl"):
            left.unlink()
        self._folder, self._account = folder, account
        self._files: dict[str, BinaryIO] = {}
        self.rows: dict[str, int] = {}
        """Rows of each table with any."""

    def add_object(self, table: str, raw: bytes, at: datetime, *, is_deleted: bool = False) -> Head:
        """A row of an object's table: the state that was true at ``at``. Raises StripeRefused, OSError."""
        head = read_head(raw)
        self._check_mode(head.livemode)
        row = ObjectRow(
            org_id=self._account.org_id,
            site_id=self._account.site_id,
            livemode=self._account.livemode,
            id=head.id,
            created=_time(head.created),
            version_at=at,
            is_deleted=is_deleted or head.deleted,
            object=compact(raw),
        )
        self._write(table, row)
        return head

    def add_event(self, raw: bytes) -> tuple[StripeEvent, Head]:
        """A row of ``events`` from the feed; returns the event, and what its object begins with."""
        try:
            event, head = decode_event(raw)
        except msgspec.MsgspecError as error:
            raise StripeRefused(f"Stripe answered with what is no event: {error}") from error
        self._check_mode(event.livemode)
        row = build_event_row(self._account.org_id, self._account.site_id, raw, event, head, "feed")
        self._write(FEED.table, row)
        return event, head

    def add_payout_transaction(self, payout_id: str, raw: bytes) -> None:
        """A row of ``payout_transactions`` from a balance transaction that the payout paid out."""
        row = PayoutTransactionRow(
            org_id=self._account.org_id,
            site_id=self._account.site_id,
            livemode=self._account.livemode,
            payout_id=payout_id,
            balance_transaction_id=read_head(raw).id,
        )
        self._write(PAYOUT_TRANSACTIONS, row)

    def add_refusal(self, table: str, id_: str, refusal: StripeRefused) -> None:
        """A row of ``refused_objects``: Stripe would not show an object of the table."""
        row = RefusedObjectRow(
            org_id=self._account.org_id,
            site_id=self._account.site_id,
            livemode=self._account.livemode,
            object=table,
            id=id_,
            asked_at=refusal.at,
            reason=str(refusal),
        )
        self._write(REFUSED_OBJECTS, row)

    def finish(self) -> dict[str, Path]:
        """Close the files and return them by table. Raises OSError when the disk is full."""
        for file in self._files.values():
            file.close()
        return {table: self._path(table) for table in self.rows}

    def discard(self) -> None:
        """Remove the files."""
        for table, file in self._files.items():
            file.close()
            self._path(table).unlink(missing_ok=True)
        self._files = {}

    def _check_mode(self, livemode: bool | None) -> None:
        if livemode is not None and livemode != self._account.livemode:
            raise StripeRefused("Stripe answered with an object of the other mode; test and live are never mixed")

    def _write(self, table: str, row: msgspec.Struct) -> None:
        file = self._files.get(table)
        if file is None:
            file = self._files[table] = self._path(table).open("wb")
        file.write(msgspec.json.encode(row) + b"\n")
        self.rows[table] = self.rows.get(table, 0) + 1

    def _path(self, table: str) -> Path:
        return self._folder / f"{table}.jsonl"


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
