"""Disputes: the money leaves at once with a fee, evidence is sent, and the bank decides; or only asks."""

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.balance import book
from simulator.stripe.clock import DAY
from simulator.stripe.money import dispute_fee

_EVIDENCE_AFTER = 4 * DAY
_DECIDED_AFTER = 30 * DAY
_DUE_AFTER = 18 * DAY


def dispute(account: Account, charge: str, *, won: bool, reason: str = "fraudulent") -> str:
    """A customer's bank takes a charge back; some weeks later it is ``won`` or lost. Returns the dispute's id."""
    held = account.get("charge", charge)
    amount, currency = held["amount_captured"] - held["amount_refunded"], held["currency"]
    id_ = _open(account, held, amount, "needs_response", reason)
    fee = dispute_fee(currency)
    taken = book(account, -amount, currency, "dispute", id_, f"Chargeback withdrawal for {charge}", fee)
    account.put("charge", charge, disputed=True)
    account.put("dispute", id_, "none", balance_transactions=[taken])
    account.tell("charge.dispute.created", account.get("dispute", id_))
    account.tell("charge.dispute.funds_withdrawn", account.get("dispute", id_))
    account.schedule(account.now + _EVIDENCE_AFTER, lambda: _send_evidence(account, id_, "under_review"))
    account.schedule(account.now + _DECIDED_AFTER, lambda: _decide(account, id_, won=won))
    return id_


def inquire(account: Account, charge: str) -> str:
    """A bank asks about a charge and is content with the answer: no money moves. Returns the dispute's id."""
    held = account.get("charge", charge)
    id_ = _open(account, held, held["amount_captured"], "warning_needs_response", "general")
    account.tell("charge.dispute.created", account.get("dispute", id_))
    account.schedule(account.now + _EVIDENCE_AFTER, lambda: _send_evidence(account, id_, "warning_under_review"))
    account.schedule(account.now + _DECIDED_AFTER, lambda: _close(account, id_, "warning_closed"))
    return id_


def _open(account: Account, charge: Object, amount: int, status: str, reason: str) -> str:
    id_ = account.name("dispute")
    card = shapes.DISPUTE["payment_method_details"]["card"]
    kind = {"case_type": "inquiry"} if status.startswith("warning") else {}
    due: Object = {"due_by": account.now + _DUE_AFTER, "has_evidence": False, "past_due": False, "submission_count": 0}
    due |= {"submission_method": "not_submitted"}
    account.put(
        "dispute",
        id_,
        "none",
        **shapes.DISPUTE
        | {
            "amount": amount,
            "charge": charge["id"],
            "currency": charge["currency"],
            "evidence_details": due | {"enhanced_eligibility": {}},
            "is_charge_refundable": status.startswith("warning"),
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {"card": card | kind, "type": "card"},
            "reason": reason,
            "status": status,
        },
    )
    return id_


def _send_evidence(account: Account, id_: str, status: str) -> None:
    held = account.get("dispute", id_)
    sent = {"has_evidence": True, "submission_count": 1, "submission_method": "manual"}
    evidence = held["evidence"] | {"product_description": "A subscription to Lumen", "uncategorized_text": "Used daily"}
    account.put("dispute", id_, evidence=evidence, evidence_details=held["evidence_details"] | sent, status=status)


def _decide(account: Account, id_: str, *, won: bool) -> None:
    held = account.get("dispute", id_)
    if won:
        text = f"Chargeback reversal for {held['charge']}"
        back = book(account, held["amount"], held["currency"], "dispute_reversal", id_, text)
        moved = [*held["balance_transactions"], back]
        account.put("dispute", id_, "charge.dispute.funds_reinstated", balance_transactions=moved, status="won")
    _close(account, id_, "won" if won else "lost")


def _close(account: Account, id_: str, status: str) -> None:
    account.put("dispute", id_, "charge.dispute.closed", status=status)
