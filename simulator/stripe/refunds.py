"""Money given back: refunds of charges, and credit notes that take back a part of an invoice."""

from typing import Any

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object, list_of
from simulator.stripe.balance import book
from simulator.stripe.clock import DAY
from simulator.stripe.invoices import intent_of

_FAILS_AFTER = 5 * DAY


def refund(
    account: Account,
    charge: str,
    amount: int | None = None,
    reason: str | None = "requested_by_customer",
    *,
    fails: bool = False,
) -> str:
    """Give back what is left of a charge, or an amount of it; Stripe keeps its fee. Returns the refund's id.

    ``fails``: the bank sends the money back some days later. Raises ValueError when that much isn't left.
    """
    held = account.get("charge", charge)
    left = held["amount_captured"] - held["amount_refunded"]
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise ValueError(f"of {charge} {left} are left to be refunded, and not {amount}")
    id_ = account.name("refund")
    booked = book(account, -amount, held["currency"], "refund", id_, f"REFUND FOR CHARGE ({held['description']})")
    account.put(
        "refund",
        id_,
        **shapes.REFUND
        | {
            "amount": amount,
            "balance_transaction": booked["id"],
            "charge": charge,
            "currency": held["currency"],
            "customer": held["customer"],
            "payment_intent": held["payment_intent"],
            "payment_method": held["payment_method"],
            "reason": reason,
            "status": "succeeded",
        },
    )
    _count_refunded(account, held, amount, "charge.refunded")
    if fails:
        account.schedule(account.now + _FAILS_AFTER, lambda: _fail(account, id_))
    return id_


def _count_refunded(account: Account, charge: Object, amount: int, event: str) -> None:
    total = charge["amount_refunded"] + amount
    is_whole = total == charge["amount_captured"]
    account.put("charge", charge["id"], event, amount_refunded=total, refunded=is_whole)


def _fail(account: Account, id_: str) -> None:
    held = account.get("refund", id_)
    booked = book(account, held["amount"], held["currency"], "refund_failure", id_, "REFUND FAILURE")
    account.put(
        "refund",
        id_,
        "refund.failed",
        failure_balance_transaction=booked["id"],
        failure_reason="expired_or_canceled_card",
        status="failed",
    )
    _count_refunded(account, account.get("charge", held["charge"]), -held["amount"], "charge.updated")


def credit(account: Account, invoice: str, amount: int, *, to_balance: bool = False) -> str:
    """Take back a part of an invoice: of a paid one, the money is refunded or, ``to_balance``, kept for the next.

    Of an open one, less remains to be paid. Returns the credit note's id. Raises ValueError when it is too much, or
    the invoice is taxed.
    """
    held = account.get("invoice", invoice)
    if held["total_taxes"]:
        raise ValueError(f"{invoice} is taxed, and a credit note would have to divide its amount")
    members: Object = {}
    if held["status"] == "paid":
        if amount > held["amount_paid"] - held["post_payment_credit_notes_amount"]:
            raise ValueError(f"{invoice} was paid with less than {amount}")
        members = {"post_payment_amount": amount, "type": "post_payment"}
        if to_balance:
            balance = account.get("customer", held["customer"])["balance"]
            account.put("customer", held["customer"], balance=balance - amount)
        else:
            charge = account.get("payment_intent", intent_of(held))["latest_charge"]
            given = {"amount_refunded": amount, "payment_record_refund": None, "type": "refund"}
            members["refunds"] = [given | {"refund": refund(account, charge, amount)}]
        after = {"post_payment_credit_notes_amount": held["post_payment_credit_notes_amount"] + amount}
    else:
        if held["status"] != "open" or amount >= held["amount_remaining"]:
            raise ValueError(f"{invoice} is not open, or {amount} is all of it: void it instead")
        members = {"pre_payment_amount": amount, "type": "pre_payment"}
        after = {
            "amount_due": held["amount_due"] - amount,
            "amount_remaining": held["amount_remaining"] - amount,
            "pre_payment_credit_notes_amount": held["pre_payment_credit_notes_amount"] + amount,
        }
        account.put("payment_intent", intent_of(held), "none", amount=held["amount_remaining"] - amount)
    id_ = _issue(account, held, amount, members)
    account.put("invoice", invoice, **after)
    return id_


def _issue(account: Account, invoice: Object, amount: int, members: Object) -> str:
    id_ = account.name("credit_note")
    number = 1 + sum(1 for one in account.of("credit_note").values() if one["invoice"] == invoice["id"])
    line: dict[str, Any] = {
        "id": account.name("credit_note_line_item"),
        "object": "credit_note_line_item",
        **shapes.CREDIT_NOTE_LINE,
        "amount": amount,
        "description": invoice["lines"]["data"][0]["description"],
        "invoice_line_item": invoice["lines"]["data"][0]["id"],
    }
    account.put(
        "credit_note",
        id_,
        **shapes.CREDIT_NOTE
        | {
            "amount": amount,
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "effective_at": account.now,
            "invoice": invoice["id"],
            "lines": list_of([line], f"/v1/credit_notes/{id_}/lines"),
            "number": f"{invoice['number']}-CN-{number:02}",
            "pdf": f"https://pay.stripe.com/credit_notes/{id_}/pdf",
            "subtotal": amount,
            "subtotal_excluding_tax": amount,
            "total": amount,
            "total_excluding_tax": amount,
            **members,
        },
    )
    return id_
