"""Following the events feed: new events in, and every object they name as it is now.

An event says that an object changed; the object is then asked for. So it doesn't matter in which order events come, and
what a webhook missed or brought too late is settled by the next poll.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

import msgspec

from headwater.contracts.stripe import BY_KIND, FEED, RELATED, Head, StripeObject
from headwater.contracts.stripe_row import StripeEvent, is_deletion
from ingestion.stripe.backfill import OVERLAP_SECONDS, Loading, recent
from ingestion.stripe.checkpoint import Position
from ingestion.stripe.errors import ObjectMissing, StripeRefused
from ingestion.stripe.listing import Page, fetch_object, fetch_pages, read_head
from ingestion.stripe.payout import add_paid_out
from ingestion.stripe.progress import Progress
from ingestion.stripe.refused import Refused, choose_due, is_of_one_object, name_refused
from ingestion.stripe.rows import RowFiles

_DAY = 86_400
_RETAINED_SECONDS = 31 * _DAY

_WORTH_A_LIST = 10
"""So many new objects of a kind are read from a list. It has a hundred on a page, and may have others among them."""

_WORTH_A_LOAD = 500
"""Changed objects. To store them takes a second or two, to ask for them half a minute: so much is asked for again after
a crash."""
_MOST_EVENTS = 5_000
"""Of a load, beside those of its last day: fifty pages."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The events since a position, not read yet but for the first page. ``asked_at``: when, by Stripe's clock."""

    asked_at: datetime
    windows: Iterator[Iterable[Page]]
    """One when there is little, or a day is not over yet; days when there is more. The oldest come first."""


def open_feed(work: Loading, position: Position) -> Feed:
    """Ask for the events since ``position``. Raises StripeFailed."""
    floor = max(position.newest - OVERLAP_SECONDS, 0)
    size = work.settings.page_size
    pages = fetch_pages(work.api, FEED, size, created={"gte": floor})
    first = next(pages)
    newest = read_head(first.objects[0]).created if first.objects else floor
    start = max(floor, newest - _RETAINED_SECONDS)
    if first.is_last or newest - start <= _DAY:
        return Feed(first.at, iter([chain([first], pages)]))
    days = (
        fetch_pages(work.api, FEED, size, created={"gte": day} | ({"lt": day + _DAY} if day + _DAY <= newest else {}))
        for day in range(start, newest + 1, _DAY)
    )
    return Feed(first.at, days)


def follow_feed(work: Loading, position: Position, feed: Feed) -> None:
    """Load the events since ``position``, which ``feed`` was opened for, and what they changed.

    Days' events and what they changed are stored together, the oldest days first, as many as make it worth while.
    Raises StripeFailed, and what `Store.save` raises.
    """
    is_over = False
    while not is_over:
        changes = _Changes(position)
        with work.store.adding(work.account) as rows:
            is_over = changes.read(rows, feed.windows)
            if is_over:
                changes.ask_again(choose_due(work.store.refused(work.account), feed.asked_at))
            changes.fetch(work, rows)
            position = changes.position(feed.asked_at if is_over else None)
            work.store.save(rows, work.account, {FEED.table: position})
        work.report.add(rows.rows)
        if changes.refused:
            work.report.warnings.append(f"{work.account.site_id}: {name_refused(changes.refused)}")
        if FEED.table in rows.rows:
            work.tell(Progress(work.account.site_id, FEED.table, work.report.rows[FEED.table], None))


@dataclass(frozen=True, slots=True)
class _Deletion:
    """When an object was deleted, what it was last, and when Stripe answered so."""

    at: int
    raw: bytes
    seen_at: datetime


class _Changes:
    """What the events of a window say: which objects to ask for, which are gone."""

    def __init__(self, position: Position) -> None:
        self._before = position
        self._newest = position.newest
        self._seen: dict[str, int] = {}
        self._changed: dict[tuple[str, str], StripeObject] = {}
        self._created: dict[str, dict[str, int]] = {}
        self._gone: dict[tuple[str, str], _Deletion] = {}
        self._alive: dict[tuple[str, str], int] = {}
        self.refused: list[str] = []
        """Why Stripe did not show an object, of each that it didn't."""

    def read(self, rows: RowFiles, windows: Iterator[Iterable[Page]]) -> bool:
        """Add windows until there is enough to be stored; whether there are no more."""
        for pages in windows:
            for page in pages:
                self.add(rows, page)
            if len(self._changed) >= _WORTH_A_LOAD or len(self._seen) >= _MOST_EVENTS:
                return False
        return True

    def add(self, rows: RowFiles, page: Page) -> None:
        """Rows for the page's new events, and what they say of objects."""
        for raw in page.objects:
            head = read_head(raw)
            self._newest = max(self._newest, head.created)
            self._seen[head.id] = head.created
            if head.id in self._before.known:
                continue
            event, about = rows.add_event(raw)
            kind = BY_KIND.get(about.object)
            if kind is not None and about.id and is_deletion(event.type):
                self._note_deletion((kind.kind, about.id), _Deletion(event.created, bytes(event.data.object), page.at))
            else:
                if kind is not None and about.id:
                    self._note_life((kind.kind, about.id), event.created)
                for changed, id_ in _changed_by(event, about):
                    self._changed[changed.kind, id_] = changed
                # An invoice to come has no id yet.
                if kind is not None and about.id and about.created >= self._before.newest - OVERLAP_SECONDS:
                    self._created.setdefault(kind.kind, {})[about.id] = about.created

    def ask_again(self, refused: Sequence[Refused]) -> None:
        """Ask for these too."""
        for one in refused:
            self._changed.setdefault((one.kind.kind, one.id), one.kind)

    def fetch(self, work: Loading, rows: RowFiles) -> None:
        """Rows for the changed objects, as they are now, and for those that are gone, as they were last.

        New ones are read from lists where they are many. What Stripe does not show stays as its events told.
        """
        for gone, last in self._gone.items():
            self._changed.pop(gone, None)
            rows.add_object(BY_KIND[gone[0]].table, last.raw, last.seen_at, is_deleted=True)
        for name, created in self._created.items():
            if len(created) >= _WORTH_A_LIST:
                self._fetch_list(work, rows, BY_KIND[name], created)
        for (_, id_), kind in self._changed.items():
            try:
                page = fetch_object(work.api, kind, id_)
                _add_object(work, rows, kind, page, id_, page.objects[0])
            except ObjectMissing as missing:
                # Test data can be deleted as a whole, and no event says so.
                stub = msgspec.json.encode({"id": id_, "object": kind.kind, "deleted": True})
                rows.add_object(kind.table, stub, missing.at, is_deleted=True)
            except StripeRefused as refusal:
                if not is_of_one_object(refusal):
                    raise
                rows.add_refusal(kind.table, id_, refusal)
                self.refused.append(str(refusal))

    def _note_deletion(self, which: tuple[str, str], deletion: _Deletion) -> None:
        """An object is gone, unless it is known to have been made again: a coupon may be, under the id it had."""
        if deletion.at >= max(self._alive.get(which, 0), self._gone[which].at if which in self._gone else 0):
            self._gone[which] = deletion

    def _note_life(self, which: tuple[str, str], at: int) -> None:
        """An object was there, whatever became of one of its id before."""
        self._alive[which] = max(at, self._alive.get(which, 0))
        if which in self._gone and self._gone[which].at < at:
            del self._gone[which]

    def _fetch_list(self, work: Loading, rows: RowFiles, kind: StripeObject, created: Mapping[str, int]) -> None:
        """Rows for those that are found on a few pages; what is not, or is refused, is asked for by its id."""
        bounds = {"gte": min(created.values()), "lte": max(created.values())}
        pages = fetch_pages(work.api, kind, work.settings.page_size, created=bounds)
        try:
            for page in islice(pages, len(created) // _WORTH_A_LIST):
                for raw in page.objects:
                    id_ = read_head(raw).id
                    if (kind.kind, id_) in self._changed:
                        _add_object(work, rows, kind, page, id_, raw)
                        del self._changed[kind.kind, id_]
        except StripeRefused as refusal:
            if not is_of_one_object(refusal):
                raise

    def position(self, asked_at: datetime | None) -> Position:
        """How far the feed is loaded, with this window; ``asked_at``: when it was asked for, if it is the last."""
        until = max(self._newest, int(asked_at.timestamp()) if asked_at else self._before.asked_at)
        return Position(self._newest, self._newest, None, recent(self._seen, self._newest), until)


def _add_object(work: Loading, rows: RowFiles, kind: StripeObject, page: Page, id_: str, raw: bytes) -> None:
    # First what may be refused: an object with a row is one that was shown, whole.
    if kind.table == "payouts":
        add_paid_out(work.api, rows, id_, raw, work.settings.page_size)
    rows.add_object(kind.table, raw, page.at)


def _changed_by(event: StripeEvent, about: Head) -> Iterator[tuple[StripeObject, str]]:
    """The objects that an event changed: its own, and those its own belongs to."""
    own = BY_KIND.get(about.object)
    if own is not None and about.id:
        yield own, about.id
    if about.object in RELATED:
        members = msgspec.json.decode(event.data.object)
        for member, kind in RELATED[about.object]:
            if isinstance(id_ := members.get(member), str) and id_:
                yield BY_KIND[kind], id_
