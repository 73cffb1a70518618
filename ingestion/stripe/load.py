"""One load of Stripe: every connected account, from where the last one left it."""

import time
from collections.abc import Sequence

from headwater.contracts.stripe import EVENTS_RETAINED_DAYS, FEED, OBJECTS
from headwater.control import (
    READ_ONLY,
    BrokenName,
    SecretBox,
    SecretKeyMissing,
    StripeConnection,
    list_stripe_connections,
    open_control,
)
from headwater.settings import ControlSettings, HomeSettings, SecretSettings, StripeSettings, WarehouseSettings
from ingestion.lock import load_lock
from ingestion.stripe.account import Account
from ingestion.stripe.backfill import OVERLAP_SECONDS, Loading, batching, read_list
from ingestion.stripe.checkpoint import Position
from ingestion.stripe.client import StripeApi
from ingestion.stripe.errors import StripeFailed
from ingestion.stripe.feed import follow_feed, open_feed
from ingestion.stripe.progress import Progress, StripeReport, Tell
from ingestion.stripe.store import Store

_WAIT_SECONDS = 300.0
_DAY = 86_400
_FROM_THE_TOP = 4_102_444_800
"""A place in a list before which no object is: what was read of it is read again."""


def load_stripe(
    site_id: str | None = None,
    home: HomeSettings | None = None,
    warehouse: WarehouseSettings | None = None,
    control: ControlSettings | None = None,
    secret: SecretSettings | None = None,
    settings: StripeSettings | None = None,
    *,
    tell: Tell | None = None,
    wait_seconds: float = _WAIT_SECONDS,
) -> StripeReport:
    """Load what is new of every connected account, or of one site's; all of it the first time.

    An account that cannot be loaded to the end is named in the report's ``failures``, and the others are loaded. What
    was stored stays, and the next load goes on from there.
    Raises BrokenName when the site has no connection, ControlUnavailable, LockBusy, WarehouseAway, WarehouseRefused, or
    LoadFailed.
    """
    began = time.perf_counter()
    home, settings = home or HomeSettings(), settings or StripeSettings()
    connections = _find_connections((control or ControlSettings()).database_url(home), site_id)
    report = StripeReport()
    if not connections:
        return report
    store = Store(home, warehouse or WarehouseSettings())
    with load_lock(home, wait_seconds, "stripe"):
        for connection in connections:
            account = Account(connection.org_id, connection.site_id, connection.livemode, connection.created_at)
            report.sites += 1
            try:
                key = SecretBox(secret or SecretSettings()).decrypt(connection.secret_key_encrypted)
                api = StripeApi(key, settings, report.count_request)
                load_account(Loading(account, api, store, settings, report, tell or _say_nothing))
            except (StripeFailed, SecretKeyMissing) as error:
                report.failures[account.site_id] = str(error)
    report.seconds = time.perf_counter() - began
    return report


def load_account(work: Loading) -> None:
    """Bring the account's tables up to date. Raises StripeFailed, and what `Store.save` raises."""
    _load_lists(work)
    reached = work.store.positions(work.account)[FEED.table]
    feed = open_feed(work, reached)
    is_forgotten = feed.asked_at.timestamp() - reached.asked_at >= EVENTS_RETAINED_DAYS * _DAY
    if is_forgotten:
        # Stripe forgot events that were not loaded: only the lists tell what they changed. They are marked as not read
        # before the feed is marked as followed, so that a load that is killed between reads them all the same.
        work.report.warnings.append(
            f"{work.account.site_id}: no poll has succeeded for {EVENTS_RETAINED_DAYS} days, and Stripe keeps events no"
            " longer; all lists are read again, the states between are not known"
        )
        _start_again(work)
    follow_feed(work, reached, feed)
    if is_forgotten:
        _load_lists(work)
    positions = work.store.positions(work.account)
    with batching(work) as batch:
        for kind in OBJECTS:
            if not kind.has_events:
                position = positions.get(kind.table)
                floor = position.complete - OVERLAP_SECONDS if position else 0
                read_list(work, batch, kind, position, max(floor, 0))


def _load_lists(work: Loading) -> None:
    """Read the lists that were not read to their end, if any: the feed first, so that no change after it is missed."""
    positions = work.store.positions(work.account)
    with batching(work) as batch:
        for kind in (FEED, *OBJECTS):
            position = positions.get(kind.table)
            if kind.has_events and (position is None or position.resume_at is not None):
                read_list(work, batch, kind, position, 0)


def _start_again(work: Loading) -> None:
    before = work.store.positions(work.account)
    again = {
        kind.table: Position(before[kind.table].newest, before[kind.table].complete, _FROM_THE_TOP)
        for kind in OBJECTS
        if kind.has_events
    }
    with work.store.adding(work.account) as nothing:
        work.store.save(nothing, work.account, again)


def _find_connections(url: str, site_id: str | None) -> Sequence[StripeConnection]:
    with open_control(url)() as session:
        session.connection(execution_options=READ_ONLY)
        connections = list_stripe_connections(session)
    if site_id is None:
        return connections
    found = [connection for connection in connections if connection.site_id == site_id]
    if not found:
        raise BrokenName(f"site {site_id!r} has no Stripe connection; `headwater stripe connect` makes one")
    return found


def _say_nothing(_progress: Progress) -> None:
    pass
