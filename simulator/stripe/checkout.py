"""Checkout: a customer pays once or subscribes on Stripe's page, sent there by a site that says who it is."""

from collections.abc import Mapping
from typing import Any

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.clock import DAY
from simulator.stripe.money import cost, round_half_away
from simulator.stripe.payments import attempt, make_intent
from simulator.stripe.subscriptions import subscribe

_EXPIRES_AFTER = DAY


def open_checkout(
    account: Account,
    mode: str,
    price: str,
    quantity: int = 1,
    *,
    customer: str | None = None,
    client_reference_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> str:
    """A session of the page, ``mode`` payment or subscription. It expires after a day. Returns its id."""
    of = account.get("price", price)
    amount = round_half_away(cost(of, quantity))
    id_ = account.name("checkout.session")
    account.put(
        "checkout.session",
        id_,
        "none",
        **shapes.CHECKOUT
        | {
            "amount_subtotal": amount,
            "amount_total": amount,
            "client_reference_id": client_reference_id,
            "currency": of["currency"],
            "customer": customer,
            "customer_creation": None if customer or mode == "subscription" else "if_required",
            "expires_at": account.now + _EXPIRES_AFTER,
            "metadata": dict(metadata or {}),
            "mode": mode,
            "url": f"https://checkout.stripe.com/c/pay/{id_}",
        },
    )
    account.schedule(account.now + _EXPIRES_AFTER, lambda: _expire(account, id_))
    return id_


def _expire(account: Account, id_: str) -> None:
    if account.get("checkout.session", id_)["status"] == "open":
        account.put("checkout.session", id_, "checkout.session.expired", status="expired", url=None)


def _complete(account: Account, id_: str, email: str | None, name: str | None, **members: Any) -> None:
    nulls: Object = {"address": shapes.ADDRESS, "business_name": None, "individual_name": None, "phone": None}
    details = nulls | {"email": email, "name": name, "tax_exempt": "none", "tax_ids": []}
    account.put(
        "checkout.session",
        id_,
        "checkout.session.completed",
        customer_details=details,
        status="complete",
        url=None,
        **members,
    )


def pay_at_checkout(
    account: Account,
    session: str,
    email: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> str | None:
    """Pay once, as the session's customer or as a guest with an e-mail address. Returns the charge's id.

    ``metadata`` is the payment intent's, and so the charge's. None: the card refused, and the session stays open.
    """
    held = account.get("checkout.session", session)
    intent = held["payment_intent"] or make_intent(
        account, held["amount_total"], held["currency"], held["customer"], "Checkout", metadata, email
    )
    account.put("checkout.session", session, "none", payment_intent=intent)
    charge = attempt(account, intent, email, name)
    if charge["status"] != "succeeded":
        return None
    who = charge["billing_details"]
    _complete(account, session, who["email"], who["name"], payment_status="paid")
    return str(charge["id"])


def subscribe_at_checkout(account: Account, session: str, price: str, quantity: int | None = 1, **choices: Any) -> str:
    """Subscribe as the session's customer; ``choices`` are those of `subscribe`. Returns the subscription's id."""
    held = account.get("checkout.session", session)
    subscription = subscribe(account, held["customer"], price, quantity, **choices)
    made = account.get("subscription", subscription)
    invoice = account.get("invoice", made["latest_invoice"])
    customer = account.get("customer", held["customer"])
    _complete(
        account,
        session,
        customer["email"],
        customer["name"],
        amount_subtotal=invoice["subtotal"],
        amount_total=invoice["total"],
        invoice=invoice["id"],
        payment_status="paid" if invoice["amount_due"] else "no_payment_required",
        subscription=subscription,
        total_details={
            "amount_discount": invoice["subtotal"] - invoice["total_excluding_tax"],
            "amount_shipping": 0,
            "amount_tax": invoice["total"] - invoice["total_excluding_tax"],
        },
    )
    return subscription
