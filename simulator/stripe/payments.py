"""Payments by card: payment intents, the charges that try to fulfil them, and what Stripe keeps of these."""

from collections.abc import Mapping

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.balance import book
from simulator.stripe.money import processing_fee

_MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "generic_decline": "Your card was declined.",
}


def make_intent(
    account: Account,
    amount: int,
    currency: str,
    customer: str | None,
    description: str,
    metadata: Mapping[str, str] | None = None,
    receipt_email: str | None = None,
) -> str:
    """An amount that is to be paid. Returns the payment intent's id."""
    id_ = account.name("payment_intent")
    method = account.get("customer", customer)["invoice_settings"]["default_payment_method"] if customer else None
    account.put(
        "payment_intent",
        id_,
        **shapes.INTENT
        | {
            "amount": amount,
            "client_secret": f"{id_}_secret_of_nobody",
            "currency": currency,
            "customer": customer,
            "description": description,
            "metadata": dict(metadata or {}),
            "payment_method": method,
            "receipt_email": receipt_email,
            "status": "requires_confirmation" if method else "requires_payment_method",
        },
    )
    return id_


def attempt(account: Account, intent: str, email: str | None = None, name: str | None = None) -> Object:
    """Charge the card of the intent's customer, or a guest's. Returns the charge, succeeded or failed."""
    held = account.get("payment_intent", intent)
    customer = account.get("customer", held["customer"]) if held["customer"] else None
    method = customer["invoice_settings"]["default_payment_method"] if customer else f"pm_{intent[3:]}"
    id_, amount, currency = account.name("charge"), held["amount"], held["currency"]
    who = {"email": customer["email"] if customer else email, "name": customer["name"] if customer else name}
    members = dict(shapes.CHARGE) | {
        "amount": amount,
        "billing_details": {"address": shapes.ADDRESS, "phone": None, "tax_id": None, **who},
        "currency": currency,
        "customer": held["customer"],
        "description": held["description"],
        "metadata": held["metadata"],
        "payment_intent": intent,
        "payment_method": method,
        "payment_method_details": _show_card(id_),
        "receipt_email": held["receipt_email"],
    }
    code = account.declines.get(held["customer"] or "")
    if code:
        return _decline(account, intent, id_, members, code)
    booked = book(account, amount, currency, "charge", id_, held["description"], processing_fee(amount, currency))
    charge = account.put(
        "charge",
        id_,
        "charge.succeeded",
        **members
        | {
            "amount_captured": amount,
            "balance_transaction": booked["id"],
            "captured": True,
            "outcome": _outcome("authorized", None, "Payment complete."),
            "paid": True,
            "status": "succeeded",
        },
    )
    account.put(
        "payment_intent",
        intent,
        "payment_intent.succeeded",
        amount_received=amount,
        last_payment_error=None,
        latest_charge=id_,
        payment_method=method,
        status="succeeded",
    )
    return charge


def _decline(account: Account, intent: str, id_: str, members: Object, code: str) -> Object:
    message = _MESSAGES.get(code, "Your card was declined.")
    charge = account.put(
        "charge",
        id_,
        "charge.failed",
        **members
        | {
            "failure_code": "card_declined",
            "failure_message": message,
            "outcome": _outcome("issuer_declined", code, message),
            "status": "failed",
        },
    )
    account.put(
        "payment_intent",
        intent,
        "payment_intent.payment_failed",
        last_payment_error={
            "charge": id_,
            "code": "card_declined",
            "decline_code": code,
            "message": message,
            "type": "card_error",
        },
        latest_charge=id_,
        payment_method=None,
        status="requires_payment_method",
    )
    return charge


def _outcome(type_: str, reason: str | None, message: str) -> Object:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if reason is None else "declined_by_network",
        "reason": reason,
        "seller_message": message,
        "type": type_,
    }


def _show_card(charge: str) -> Object:
    card = shapes.CHARGE["payment_method_details"]["card"] | {"fingerprint": charge[-16:], "last4": "4242"}
    return {"card": card, "type": "card"}
