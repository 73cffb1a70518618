"""Customers, and the cards they pay with."""

from collections.abc import Mapping

from simulator.stripe import shapes
from simulator.stripe.account import Account


def make_customer(account: Account, email: str, name: str, metadata: Mapping[str, str] | None = None) -> str:
    """A customer with a card that works. Returns its id."""
    id_ = account.name("customer")
    members = dict(shapes.CUSTOMER) | {
        "email": email,
        "name": name,
        "metadata": dict(metadata or {}),
        "invoice_prefix": id_[-8:].upper(),
    }
    account.put("customer", id_, **members)
    change_card(account, id_)
    return id_


def change_card(account: Account, customer: str) -> None:
    """The customer pays with a new card, which works."""
    account.declines.pop(customer, None)
    held = account.get("customer", customer)
    id_ = account.name("payment_method")
    details = {"address": shapes.ADDRESS, "email": held["email"], "name": held["name"], "phone": None, "tax_id": None}
    card = shapes.PAYMENT_METHOD["card"] | {"fingerprint": id_[-16:], "last4": "4242"}
    members = dict(shapes.PAYMENT_METHOD) | {"billing_details": details, "customer": customer, "card": card}
    account.put("payment_method", id_, "payment_method.attached", **members)
    settings = held["invoice_settings"] | {"default_payment_method": id_}
    account.put("customer", customer, invoice_settings=settings)


def break_card(account: Account, customer: str, code: str = "insufficient_funds") -> None:
    """From now on the customer's card refuses every payment, until it is changed or mended."""
    account.declines[customer] = code


def mend_card(account: Account, customer: str) -> None:
    """The customer's card works again: there is money in the account."""
    account.declines.pop(customer, None)


def rename(account: Account, customer: str, **members: str) -> None:
    """Change what is written down of a customer, as its name or e-mail address."""
    account.put("customer", customer, **members)
