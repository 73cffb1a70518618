"""Whether an object is one that Stripe's own library describes, and has the members of Stripe's own example."""

from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe._list_object import ListObject
from stripe._stripe_object import StripeObject, UntypedStripeObject

KINDS: dict[str, type[StripeObject]] = {
    "billing.meter": stripe.billing.Meter,
    "checkout.session": stripe.checkout.Session,
    "event": stripe.Event,
    "invoiceitem": stripe.InvoiceItem,
} | {
    kind: getattr(stripe, "".join(part.title() for part in kind.split("_")))
    for kind in (
        *("balance_transaction", "charge", "coupon", "credit_note", "customer", "discount", "dispute", "invoice"),
        *("invoice_payment", "payment_intent", "payment_method", "payout", "price", "product", "refund"),
        *("subscription", "subscription_schedule", "tax_rate"),
    )
}

OF_OLD = {"created", "default_source", "livemode", "plan", "source", "type", "updated"}
"""Members that the library leaves out of some objects, and that Stripe's examples have."""


def find_errors(value: Any, expected: Any, path: str) -> Iterator[str]:
    """What about a value is not of the library's type, as sentences that begin with its path."""
    origin = get_origin(expected)
    if origin in (Union, UnionType):
        found = [list(find_errors(value, choice, path)) for choice in get_args(expected)]
        # The nearest of the choices says what is wrong.
        yield from min(found, key=len)
    elif isinstance(expected, ForwardRef):
        named = getattr(stripe, expected.__forward_arg__.removesuffix("Resource"), None)
        if named is None:
            yield f"{path} is of a type that the library does not publish"
        else:
            yield from find_errors(value, named, path)
    elif expected is type(None):
        if value is not None:
            yield f"{path} is {value!r} and not null"
    elif origin is Literal:
        if value not in get_args(expected):
            yield f"{path} is {value!r}, none of {get_args(expected)}"
    elif origin is list:
        yield from _errors_of_list(value, get_args(expected)[0], path)
    elif origin is ListObject:
        members = value.get("data") if isinstance(value, dict) else None
        yield from _errors_of_list(members, get_args(expected)[0], f"{path}.data")
    elif origin in (dict, UntypedStripeObject) or expected is UntypedStripeObject:
        if not isinstance(value, dict):
            yield f"{path} is {value!r} and no object"
    elif isinstance(expected, type) and issubclass(expected, StripeObject):
        yield from _errors_of_object(value, expected, path)
    elif expected in (str, Decimal):
        if not isinstance(value, str):
            yield f"{path} is {value!r} and no text"
    elif expected in (int, float):
        if isinstance(value, bool) or not isinstance(value, (int, float) if expected is float else int):
            yield f"{path} is {value!r} and no number"
    elif expected is bool and not isinstance(value, bool):
        yield f"{path} is {value!r}, neither true nor false"


def _errors_of_list(value: Any, expected: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is {value!r} and no list"
        return
    for one in value:
        yield from find_errors(one, expected, f"{path}[]")


def _errors_of_object(value: Any, expected: type[StripeObject], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is {value!r} and no {expected.__name__}"
        return
    members = {name: type_ for name, type_ in expected.__annotations__.items() if name != "OBJECT_NAME"}
    for name, type_ in members.items():
        yield from find_errors(value.get(name), type_, f"{path}.{name}")
    for name in value.keys() - members.keys() - OF_OLD:
        yield f"{path}.{name} is unknown to the library"


def find_missing(value: Any, example: Any, path: str) -> Iterator[str]:
    """Members that an example has and a value lacks, at any depth at which both have objects."""
    if isinstance(value, list) and isinstance(example, list):
        for one in value if example else ():
            yield from find_missing(one, example[0], f"{path}[]")
    elif isinstance(value, dict) and isinstance(example, dict):
        if path.endswith("metadata"):
            return
        for name, member in example.items():
            if name not in value:
                yield f"{path}.{name}"
            else:
                yield from find_missing(value[name], member, f"{path}.{name}")
