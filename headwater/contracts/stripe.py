"""What is loaded of Stripe: the objects, and where they are listed. No I/O; `stripe_row` has the shapes of the rows."""

import re
from typing import Annotated

import msgspec

API_VERSION = "2026-10-28.endive"
"""Every request asks for this version of Stripe's API, whatever the account's default is: models read its shapes."""

SIGNATURE_SECONDS = 300
"""Age, in seconds, from which on a webhook's signature is too old."""

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
    StripeObject("prices", "price", "/v1/prices", expand=("tiers", "currency_options")),
    StripeObject("coupons", "coupon", "/v1/coupons", expand=("applies_to", "currency_options")),
    # The terms of a discount's coupon are in no list once the coupon is deleted. In a list Stripe expands three levels
    # below `data` and no more: those of an item's discounts are too deep.
    StripeObject("customers", "customer", "/v1/customers", expand=("discount.source.coupon",)),
    StripeObject(
        "subscriptions",
        "subscription",
        "/v1/subscriptions",
        expand=("discounts", "discounts.source.coupon", "items.data.discounts"),
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

FEED = StripeObject("events", "event", "/v1/events")
"""The events themselves, listed as objects are."""

RELATED: dict[str, tuple[tuple[str, str], ...]] = {
    "discount": (("subscription", "subscription"), ("customer", "customer")),
    "invoice_payment": (("invoice", "invoice"),),
    "credit_note": (("invoice", "invoice"),),
    "dispute": (("charge", "charge"),),
    "refund": (("charge", "charge"),),
}
"""What else an event about an object of this kind changes: the member that names it, and its kind."""

_KEY = re.compile(r"(?:sk|rk)_(live|test)_[!-~]{1,500}")

Seconds = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]
"""Unix seconds, up to the year 2100: what the raw tables' times can hold."""


class Head(msgspec.Struct, frozen=True):
    """What every object begins with, whatever else it is."""

    id: str = ""
    object: str = ""
    created: Seconds = 0
    livemode: bool | None = None
    """None: the object doesn't say, as balance transactions and refunds don't; the key's mode holds."""
    deleted: bool = False


def is_livemode(key: str) -> bool:
    """The mode of a secret or restricted API key. Raises ValueError when the text is no such key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("a Stripe key begins with sk_live_, rk_live_, sk_test_ or rk_test_")
    return found[1] == "live"
