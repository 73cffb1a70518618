"""Invoices: their lines, what discounts and the customer's balance leave of them, and the ways in which they end."""

from collections.abc import Iterable, Sequence

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object, list_of
from simulator.stripe.clock import HOUR
from simulator.stripe.discounts import Term, discount_lines
from simulator.stripe.payments import make_intent
from simulator.stripe.taxes import tax_lines

FINALIZED_AFTER = HOUR
"""A renewal's invoice is a draft for an hour; all others are final at once."""


def make_line(
    amount: int,
    subscription: Object,
    item: Object,
    period: tuple[int, int],
    quantity: int,
    description: str,
    metadata: Object | None = None,
) -> Object:
    """A line for one item's period; without an id and invoice, which `draft` gives it."""
    price = item["price"]
    return shapes.LINE | {
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": description,
        "metadata": metadata or {},
        "parent": shapes.subscription_line_parent(subscription["id"], item["id"]),
        "period": {"start": period[0], "end": period[1]},
        "pricing": _price_details(price),
        "quantity": quantity,
        "subscription": subscription["id"],
        "subtotal": amount,
    }


def add_pending(
    account: Account, subscription: Object, item: Object, amount: int, period: tuple[int, int], description: str
) -> None:
    """A proration that waits for the subscription's next invoice."""
    account.put(
        "invoiceitem",
        account.name("invoiceitem"),
        **shapes.INVOICE_ITEM
        | {
            "amount": amount,
            "currency": subscription["currency"],
            "customer": subscription["customer"],
            "date": account.now,
            "description": description,
            "discountable": False,
            "net_amount": amount,
            "parent": {
                "subscription_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
                "type": "subscription_details",
            },
            "period": {"start": period[0], "end": period[1]},
            "pricing": _price_details(item["price"]),
            "proration": True,
            "quantity": item["quantity"],
            "quantity_decimal": str(item["quantity"]),
        },
    )


def _price_details(price: Object) -> Object:
    details = {"price": price["id"], "product": price["product"]}
    return {
        "price_details": details,
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _take_pending(account: Account, subscription: Object, invoice: str) -> list[Object]:
    """The lines for everything that waits for an invoice of the subscription."""
    lines = []
    for id_, held in account.of("invoiceitem").items():
        details = held["parent"]["subscription_details"]
        if held["invoice"] is None and details["subscription"] == subscription["id"]:
            account.put("invoiceitem", id_, "none", invoice=invoice)
            same = ("amount", "currency", "description", "discountable", "period", "pricing", "quantity")
            line = shapes.LINE | {name: held[name] for name in same}
            parent = shapes.subscription_line_parent(subscription["id"], details["subscription_item"], id_)
            line |= {"object": "line_item", "parent": parent, "subscription": subscription["id"]}
            lines.append(line | {"subtotal": held["amount"]})
    return lines


def draft(
    account: Account,
    subscription: Object,
    reason: str,
    lines: Sequence[Object],
    terms: Iterable[Term],
    period: tuple[int, int],
    *,
    auto_advance: bool = True,
) -> Object:
    """A draft of these lines, and of what waits for the subscription's next invoice."""
    id_ = account.name("invoice")
    whole = [*_take_pending(account, subscription, id_), *lines]
    whole = [line | {"id": account.name("line_item"), "invoice": id_} for line in whole]
    whole, discounts = discount_lines(whole, subscription["currency"], terms)
    whole, taxes = tax_lines(whole, subscription["default_tax_rates"])
    customer = account.get("customer", subscription["customer"])
    subtotal = sum(line["amount"] for line in whole)
    untaxed = subtotal - sum(one["amount"] for one in discounts)
    total = untaxed + sum(one["amount"] for one in taxes)
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    return account.put(
        "invoice",
        id_,
        **shapes.INVOICE
        | {
            "amount_due": max(total, 0),
            "amount_remaining": max(total, 0),
            "auto_advance": auto_advance,
            "automatically_finalizes_at": account.now + FINALIZED_AFTER if auto_advance else None,
            "billing_reason": reason,
            "currency": subscription["currency"],
            "customer": customer["id"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "discounts": [one["discount"] for one in discounts],
            "lines": list_of(whole, f"/v1/invoices/{id_}/lines"),
            "parent": {"quote_details": None, "subscription_details": details, "type": "subscription_details"},
            "payments": list_of([], f"/v1/invoice_payments?invoice={id_}"),
            "period_end": period[1],
            "period_start": period[0],
            "subtotal": subtotal,
            "subtotal_excluding_tax": subtotal,
            "total": total,
            "total_discount_amounts": discounts,
            "total_excluding_tax": untaxed,
            "total_taxes": taxes,
        },
    )


def finalize(account: Account, invoice: str) -> Object:
    """Make it final: the customer's balance is used, and what remains is to be paid; nothing remaining, it is paid."""
    held = account.get("invoice", invoice)
    customer = account.get("customer", held["customer"])
    balance, total = customer["balance"], held["total"]
    due = max(total + balance, 0)
    after = balance + total - due
    account.numbered += 1
    account.put("customer", customer["id"], balance=after)
    changes: Object = {
        "amount_due": due,
        "amount_remaining": due,
        "automatically_finalizes_at": None,
        "effective_at": account.now,
        "ending_balance": after,
        "number": f"HWSIM-{account.numbered:06}",
        "starting_balance": balance,
        "status": "open",
        "status_transitions": held["status_transitions"] | {"finalized_at": account.now},
    }
    if due:
        changes["payments"] = list_of([_make_payment(account, held, due)], held["payments"]["url"])
    finalized = account.put("invoice", invoice, "invoice.finalized", **changes)
    return finalized if due else _mark_paid(account, finalized)


def _make_payment(account: Account, invoice: Object, due: int) -> Object:
    description = {"subscription_create": "Subscription creation"}.get(invoice["billing_reason"], "Subscription update")
    intent = make_intent(account, due, invoice["currency"], invoice["customer"], description)
    return account.put(
        "invoice_payment",
        account.name("invoice_payment"),
        "none",
        amount_paid=None,
        amount_requested=due,
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )


def intent_of(invoice: Object) -> str:
    """The payment intent of a final invoice with something to pay."""
    return str(invoice["payments"]["data"][0]["payment"]["payment_intent"])


def settle(account: Account, invoice: str) -> Object:
    """What remained of it is paid."""
    held = account.get("invoice", invoice)
    payment = held["payments"]["data"][0]
    paid = account.put(
        "invoice_payment",
        payment["id"],
        "invoice_payment.paid",
        amount_paid=held["amount_remaining"],
        status="paid",
        status_transitions=payment["status_transitions"] | {"paid_at": account.now},
    )
    amounts = {"amount_paid": held["amount_remaining"], "amount_remaining": 0}
    return _mark_paid(account, held | amounts | {"payments": list_of([paid], held["payments"]["url"])})


def _mark_paid(account: Account, invoice: Object) -> Object:
    changed = {name: invoice[name] for name in ("amount_paid", "amount_remaining", "payments")}
    paid = account.put(
        "invoice",
        invoice["id"],
        "invoice.updated",
        **changed,
        attempted=True,
        attempt_count=invoice["attempt_count"] + (1 if invoice["amount_due"] else 0),
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
        status_transitions=invoice["status_transitions"] | {"paid_at": account.now},
    )
    account.tell("invoice.paid", paid)
    account.tell("invoice.payment_succeeded", paid)
    return paid


def void(account: Account, invoice: str) -> None:
    """Take it back: nobody owes it any more, and the customer has the balance that it used."""
    held = account.get("invoice", invoice)
    if held["ending_balance"] is not None:
        used = held["starting_balance"] - held["ending_balance"]
        balance = account.get("customer", held["customer"])["balance"]
        account.put("customer", held["customer"], balance=balance + used)
    _give_up(account, invoice, "voided", "void")


def mark_uncollectible(account: Account, invoice: str) -> None:
    """Write it off: it stays owed, but nobody expects it."""
    _give_up(account, invoice, "marked_uncollectible", "uncollectible")


def _give_up(account: Account, invoice: str, event: str, status: str) -> None:
    held = account.get("invoice", invoice)
    transitions = held["status_transitions"] | {f"{event}_at": account.now}
    account.put(
        "invoice",
        invoice,
        f"invoice.{event}",
        auto_advance=False,
        next_payment_attempt=None,
        status=status,
        status_transitions=transitions,
    )
    for payment in held["payments"]["data"]:
        intent = payment["payment"]["payment_intent"]
        if status == "void" and account.get("payment_intent", intent)["status"] != "succeeded":
            account.put(
                "payment_intent",
                intent,
                "payment_intent.canceled",
                canceled_at=account.now,
                cancellation_reason="void_invoice",
                status="canceled",
            )
