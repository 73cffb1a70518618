"""The raw rows of Stripe's objects and events, and how an event becomes one. No I/O."""

from datetime import UTC, date, datetime
from typing import Annotated

import msgspec

from headwater.contracts.stripe import BY_KIND, RELATED, Head, Seconds


class EventData(msgspec.Struct, frozen=True):
    """What an event is about: the object as it was then."""

    object: msgspec.Raw


class _About(msgspec.Struct, frozen=True):
    """What an object of any kind may begin with: nobody promises that those that are not loaded are dated."""

    object: str = ""
    id: str | None = None


_LOADED = BY_KIND.keys() | RELATED.keys()


class StripeEvent(msgspec.Struct, frozen=True):
    """An event of the feed or of a webhook."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    created: Seconds
    livemode: bool
    data: EventData
    object: str = "event"


class ObjectRow(msgspec.Struct, frozen=True):
    """A row of an object's raw table. Of two rows of an id, the later (``version_at``, ``loaded_at``) holds."""

    org_id: str
    site_id: str
    livemode: bool
    id: str
    created: datetime
    version_at: datetime
    is_deleted: bool
    object: str
    """Stripe's JSON, without the white space between its tokens."""


class EventRow(ObjectRow, frozen=True):
    """A row of ``raw_stripe.events``; ``object`` is the whole event."""

    type: str
    object_type: str
    object_id: str
    origin: str
    """``feed`` or ``webhook``."""


class PayoutTransactionRow(msgspec.Struct, frozen=True):
    """A row of ``raw_stripe.payout_transactions``: the payout paid this balance transaction out."""

    org_id: str
    site_id: str
    livemode: bool
    payout_id: str
    balance_transaction_id: str


class RefusedObjectRow(msgspec.Struct, frozen=True):
    """A row of ``raw_stripe.refused_objects``: Stripe would not show what an event named."""

    org_id: str
    site_id: str
    livemode: bool
    object: str
    """The raw table it belongs to."""
    id: str
    asked_at: datetime
    """When Stripe said so, by its clock."""
    reason: str


class CheckpointRow(msgspec.Struct, frozen=True):
    """A row of ``raw_stripe.checkpoints``. Of two rows of an object, the one that finished later holds."""

    org_id: str
    site_id: str
    livemode: bool
    object: str
    window_end: datetime
    """When the newest of them was created: all up to it is loaded, unless ``cursor`` is a number."""
    cursor: str
    """A number, Unix seconds: what was created up to then is still to be listed. Otherwise the ids, with spaces between
    them, that a look a little back in time finds again and that are known already."""
    finished_at: datetime
    asked_at: datetime
    """When Stripe showed the list's first page, by its clock: what there was then is loaded, unless ``cursor`` is a
    number."""
    rows: int


class MeterEventRow(msgspec.Struct, frozen=True):
    """A row of ``raw_stripe.meter_events``: usage that is to be reported, or was."""

    org_id: str
    site_id: str
    livemode: bool
    customer_id: str
    meter: str
    """The meter's event name."""
    day: date
    revision: int
    """1 for the day's first event, then one more for each correction."""
    value: int
    """What the event adds to the day's usage; less than nothing when it takes some back."""
    identifier: str
    reported_at: datetime
    """1970 while Stripe is not known to have it."""


def is_deletion(event_type: str) -> bool:
    """Whether an event of this type says that its object is gone. A subscription that ends is not: it is canceled."""
    return event_type.endswith(".deleted") and event_type != "customer.subscription.deleted"


def compact(raw: bytes) -> str:
    """JSON without the white space between its tokens, which is a third of what Stripe sends."""
    return msgspec.json.format(raw, indent=-1).decode()


def decode_event(raw: bytes) -> tuple[StripeEvent, Head]:
    """An event, and what its object begins with; kind and id alone of what is not loaded.

    Raises msgspec.MsgspecError for what is no event.
    """
    event = msgspec.json.decode(raw, type=StripeEvent)
    if event.object != "event":
        raise msgspec.ValidationError(f"it is a {event.object!r}, not an event")
    about = msgspec.json.decode(event.data.object, type=_About)
    if event.type == "invoice.upcoming":
        return event, Head(object=about.object)
    if about.object not in _LOADED:
        return event, Head(id=about.id or "", object=about.object)
    return event, msgspec.json.decode(event.data.object, type=Head)


def build_event_row(org_id: str, site_id: str, raw: bytes, event: StripeEvent, head: Head, origin: str) -> EventRow:
    """The row of an event: its state is that of its object when it happened."""
    created = datetime.fromtimestamp(event.created, UTC)
    return EventRow(
        org_id=org_id,
        site_id=site_id,
        livemode=event.livemode,
        id=event.id,
        created=created,
        version_at=created,
        is_deleted=is_deletion(event.type),
        object=compact(raw),
        type=event.type,
        object_type=head.object,
        object_id=head.id,
        origin=origin,
    )
