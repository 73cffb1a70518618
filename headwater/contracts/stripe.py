"""What is loaded of Stripe: the objects, where they are listed, and the shapes of their raw rows. No I/O."""

import re
from datetime import datetime
from typing import Annotated

import msgspec

API_VERSION = "2026-10-28.endive"
"""Every request asks for this version of Stripe's API, whatever the account's default is: models read its shapes."""

SIGNATURE_SECONDS = 300
"""Age, in seconds, from which on a webhook's signature is too old."""

EVENTS = "events"
EVENTS_PATH = "/v1/events"
EVENTS_RETAINED_DAYS = 30
"""Stripe's feed goes back this far; what happened before is known by the objects' present state only."""

LARGEST_PAGE = 100
"""Objects a list answers with, at most."""


class StripeObject(msgspec.Struct, frozen=True):
    """One kind of object: the raw table it goes to, and how Stripe is asked for it."""

    table: str
    """Of the database ``raw_stripe``."""
    kind: str
    """Stripe's own name of it, in the member ``object``."""
    path: str
    """Where it is listed; an id behind it retrieves one."""
    expand: tuple[str, ...] = ()
    """Members asked for whole instead of by their id. In a list, ``data.`` stands before each."""
    parameters: tuple[tuple[str, str], ...] = ()
    """What the list must be asked with to be complete."""
    nested: tuple[str, ...] = ()
    """Lists inside the object whose further pages are fetched."""
    has_events: bool = True
    """Whether the events feed tells of new and changed ones. Of others, new ones are listed at every poll."""


OBJECTS: tuple[StripeObject, ...] = (
    StripeObject("products", "product", "/v1/products"),
    StripeObject("prices", "price", "/v1/prices", expand=("tiers",)),
    StripeObject("coupons", "coupon", "/v1/coupons", expand=("applies_to",)),
    StripeObject("customers", "customer", "/v1/customers"),
    StripeObject(
        "subscriptions",
        "subscription",
        "/v1/subscriptions",
        expand=("discounts", "items.data.discounts"),
        # Without it, ended subscriptions are left out.
        parameters=(("status", "all"),),
        nested=("items",),
    ),
    StripeObject("subscription_schedules", "subscription_schedule", "/v1/subscription_schedules"),
    # The payments say which charge paid an invoice: charges and payment intents no longer name theirs.
    StripeObject("invoices", "invoice", "/v1/invoices", expand=("discounts", "payments"), nested=("lines", "payments")),
    StripeObject("credit_notes", "credit_note", "/v1/credit_notes", nested=("lines",)),
    StripeObject("charges", "charge", "/v1/charges"),
    StripeObject("refunds", "refund", "/v1/refunds"),
    StripeObject("disputes", "dispute", "/v1/disputes"),
    StripeObject("payment_intents", "payment_intent", "/v1/payment_intents"),
    StripeObject("checkout_sessions", "checkout.session", "/v1/checkout/sessions"),
    StripeObject("balance_transactions", "balance_transaction", "/v1/balance_transactions", has_events=False),
    StripeObject("payouts", "payout", "/v1/payouts"),
)
"""In the order in which a backfill brings them: what others refer to comes first."""

BY_KIND = {known.kind: known for known in OBJECTS}

_KEY = re.compile(r"(?:sk|rk)_(live|test)_[!-~]{1,500}")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]
"""Unix seconds, up to the year 2100: what the raw tables' times can hold."""


class Head(msgspec.Struct, frozen=True):
    """What every object begins with, whatever else it is."""

    id: str = ""
    object: str = ""
    created: _Seconds = 0
    livemode: bool | None = None
    """None: the object doesn't say, as balance transactions and refunds don't; the key's mode holds."""
    deleted: bool = False


class EventData(msgspec.Struct, frozen=True):
    """What an event is about: the object as it was then."""

    object: msgspec.Raw


class StripeEvent(msgspec.Struct, frozen=True):
    """An event of the feed or of a webhook."""

    id: _Id
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    created: _Seconds
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


class CheckpointRow(msgspec.Struct, frozen=True):
    """A row of ``raw_stripe.checkpoints``. Of two rows of an object, the one that finished later holds."""

    org_id: str
    site_id: str
    livemode: bool
    object: str
    window_end: datetime
    """All that was created before is loaded, once ``cursor`` is empty."""
    cursor: str
    """Where a list that was not read to its end goes on: a time of creation in Unix seconds, newest first."""
    finished_at: datetime
    rows: int


def is_deletion(event_type: str) -> bool:
    """Whether an event of this type says that its object is gone. A subscription that ends is not: it is canceled."""
    return event_type.endswith(".deleted") and event_type != "customer.subscription.deleted"


def is_livemode(key: str) -> bool:
    """The mode of a secret or restricted API key. Raises ValueError when the text is no such key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("a Stripe key begins with sk_live_, rk_live_, sk_test_ or rk_test_")
    return found[1] == "live"
