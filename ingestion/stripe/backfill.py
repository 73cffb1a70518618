"""Reading a list from its newest object back to where it is known, some pages at a time.

Newest first is Stripe's own order: no guess is needed about how much there is in a month, every request but the last
brings a full page, and recent figures come first. After each window of pages the rows are stored and with them how far
back the list was read; whatever happens, at most one window is read again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from headwater.contracts.stripe import FEED, StripeObject
from headwater.settings import StripeSettings
from ingestion.stripe.account import Account
from ingestion.stripe.checkpoint import Position
from ingestion.stripe.client import StripeApi
from ingestion.stripe.errors import StripeFailed
from ingestion.stripe.listing import Page, fetch_pages, read_head
from ingestion.stripe.payout import add_paid_out
from ingestion.stripe.progress import Progress, StripeReport, Tell
from ingestion.stripe.rows import RowFiles
from ingestion.stripe.store import Store

OVERLAP_SECONDS = 120
"""How far behind the newest known object a list is looked at again, for what is listed late."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What every step of an account's load needs."""

    account: Account
    api: StripeApi
    store: Store
    settings: StripeSettings
    report: StripeReport
    tell: Tell


class Batch:
    """Rows of one or several lists that are stored together, and how far the lists are then loaded."""

    def __init__(self, work: Loading) -> None:
        self._work, self._pages = work, 0
        self.rows = work.store.rows(work.account)
        self._positions: dict[str, Position] = {}

    def count_page(self, requests: int = 1) -> bool:
        """Whether there is enough to be stored, with the page that was just added."""
        self._pages += requests
        return self._pages >= self._work.settings.window_pages

    def note(self, table: str, position: Position) -> None:
        """How far a list is loaded once what was added is stored."""
        self._positions[table] = position

    def store(self) -> None:
        """Store it, if anything was noted. Raises what `Store.save` raises."""
        work = self._work
        if self._positions:
            work.store.save(self.rows, work.account, self._positions)
            work.report.add(self.rows.rows)
        for table, position in self._positions.items():
            reached = None if position.resume_at is None else datetime.fromtimestamp(position.resume_at, UTC)
            if table in self.rows.rows:
                work.tell(Progress(work.account.site_id, table, work.report.rows[table], reached))
        self.rows.discard()
        self.rows = work.store.rows(work.account)
        self._positions, self._pages = {}, 0


@contextmanager
def batching(work: Loading) -> Iterator[Batch]:
    """A batch whose last rows are stored at the end of the block, also when Stripe failed meanwhile."""
    batch = Batch(work)
    try:
        yield batch
        batch.store()
    except StripeFailed:
        batch.store()
        raise
    finally:
        batch.rows.discard()


def read_list(work: Loading, batch: Batch, kind: StripeObject, known: Position | None, floor: int) -> None:
    """Load what the list holds, from where ``known`` says to go on, back to ``floor`` (Unix seconds), 0 for its end.

    Raises StripeFailed, and what `Store.save` raises.
    """
    position = known or Position()
    window = _Window(position)
    filters = {"gte": floor} if floor else {}
    if position.resume_at is not None:
        # By time and not by the last object's id, for that object can be deleted meanwhile.
        filters["lte"] = position.resume_at
    for page in fetch_pages(work.api, kind, work.settings.page_size, **({"created": filters} if filters else {})):
        before = work.api.requests
        window.asked_at = window.asked_at or int(page.at.timestamp())
        _add_page(work, kind, window, batch.rows, page)
        batch.note(kind.table, window.position(page.is_last))
        if batch.count_page(1 + work.api.requests - before):
            batch.store()


class _Window:
    """What was seen of a list."""

    def __init__(self, position: Position) -> None:
        self._before = position
        self.known = position.known
        self.newest = position.newest
        self.oldest = position.resume_at or 0
        self.asked_at = 0 if position.resume_at is None else position.asked_at
        self._seen: dict[str, int] = {}

    def note(self, id_: str, created: int) -> None:
        self.newest = max(self.newest, created)
        self.oldest = created
        if created >= self.newest - OVERLAP_SECONDS:
            self._seen[id_] = created

    def position(self, is_last: bool) -> Position:
        if not is_last:
            return Position(self.newest, self._before.complete, self.oldest, asked_at=self.asked_at)
        return Position(self.newest, self.newest, None, recent(self._seen, self.newest), self.asked_at)


def recent(seen: Mapping[str, int], newest: int) -> frozenset[str]:
    """Of the ids that were seen, with their times, those that the next look finds again."""
    return frozenset(id_ for id_, created in seen.items() if created >= newest - OVERLAP_SECONDS)


def _add_page(work: Loading, kind: StripeObject, window: _Window, rows: RowFiles, page: Page) -> None:
    for raw in page.objects:
        head = read_head(raw)
        window.note(head.id, head.created)
        if head.id in window.known:
            continue
        if kind is FEED:
            rows.add_event(raw)
        else:
            rows.add_object(kind.table, raw, page.at)
        if kind.table == "payouts":
            add_paid_out(work.api, rows, head.id, raw, work.settings.page_size)
