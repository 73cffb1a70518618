"""Reading a list from its newest object back to where it is known, some pages at a time.

Newest first is Stripe's own order: no guess is needed about how much there is in a month, every request but the last
brings a full page, and recent figures come first. After each window of pages the rows are stored and with them how far
back the list was read; whatever happens, at most one window is read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from headwater.contracts.stripe import FEED, StripeObject
from headwater.settings import StripeSettings
from ingestion.stripe.account import Account
from ingestion.stripe.checkpoint import Position
from ingestion.stripe.client import StripeApi
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


def read_list(work: Loading, kind: StripeObject, known: Position | None, floor: int) -> None:
    """Load what the list holds, from where ``known`` says to go on, back to ``floor`` (Unix seconds), 0 for its end.

    Raises StripeFailed, and what `Store.save` raises.
    """
    position = known or Position()
    window = _Window(position)
    filters = {"gte": floor} if floor else {}
    if position.resume_at is not None:
        # By time and not by the last object's id, for that object can be deleted meanwhile.
        filters["lte"] = position.resume_at
    pages = fetch_pages(work.api, kind, work.settings.page_size, **({"created": filters} if filters else {}))
    is_last = False
    while not is_last:
        with work.store.rows(work.account) as rows:
            for page in _take(pages, 1 if kind.table == "payouts" else work.settings.window_pages):
                _add_page(work, kind, window, rows, page)
                is_last = page.is_last
            after = window.position(is_last)
            if rows.rows or after != known:
                work.store.save(rows, work.account, kind.table, after)
                work.report.add(rows.rows)
        reached = None if is_last else datetime.fromtimestamp(window.oldest, UTC)
        work.tell(Progress(work.account.site_id, kind.table, work.report.rows.get(kind.table, 0), reached))


class _Window:
    """What was seen of a list."""

    def __init__(self, position: Position) -> None:
        self._before = position
        self.known = position.known
        self.newest = position.newest
        self.oldest = position.resume_at or 0
        self._seen: dict[str, int] = {}

    def note(self, id_: str, created: int) -> None:
        self.newest = max(self.newest, created)
        self.oldest = created
        if created >= self.newest - OVERLAP_SECONDS:
            self._seen[id_] = created

    def position(self, is_last: bool) -> Position:
        if not is_last:
            return Position(self.newest, self._before.complete, self.oldest)
        return Position(self.newest, self.newest, None, recent(self._seen, self.newest))


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


def _take(pages: Iterator[Page], count: int) -> Iterator[Page]:
    for _ in range(count):
        page = next(pages)
        yield page
        if page.is_last:
            return
