"""Getting invoices paid: the first attempt, the retries, and what becomes of a subscription that isn't paid for."""

from simulator.stripe.account import Account, Object
from simulator.stripe.clock import DAY, HOUR
from simulator.stripe.invoices import finalize, intent_of, settle, void
from simulator.stripe.payments import attempt

_INCOMPLETE_HOURS = 23


def advance_invoice(account: Account, invoice: str) -> None:
    """A draft becomes final and is charged, as far as the subscription's state lets it."""
    held = account.get("invoice", invoice)
    if held["status"] != "draft":
        return
    held = finalize(account, invoice)
    if held["status"] == "open" and held["auto_advance"]:
        charge_invoice(account, invoice)
    elif held["status"] == "paid":
        _after_payment(account, held)


def charge_invoice(account: Account, invoice: str) -> bool:
    """Try to have an open invoice paid now. Returns whether it was."""
    held = account.get("invoice", invoice)
    charge = attempt(account, intent_of(held))
    if charge["status"] == "succeeded":
        _after_payment(account, settle(account, invoice))
        return True
    _after_failure(account, held)
    return False


def pay_everything(account: Account, subscription: str) -> bool:
    """Pay what is owed for a subscription, the oldest invoice first. Returns whether all of it was paid."""
    for invoice in reversed(_unpaid_invoices(account, account.get("subscription", subscription))):
        held = finalize(account, invoice["id"]) if invoice["status"] == "draft" else invoice
        if held["status"] == "paid":
            _after_payment(account, held)
        elif not charge_invoice(account, held["id"]):
            return False
    return True


def subscription_of(account: Account, invoice: Object) -> Object:
    """The subscription that an invoice bills."""
    return account.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def end_subscription(account: Account, subscription: str, reason: str) -> None:
    """It is over now; its open invoices are not collected any more. ``reason``: cancellation_details.reason."""
    held = account.get("subscription", subscription)
    details = held["cancellation_details"] | {"reason": reason}
    account.put(
        "subscription",
        subscription,
        "customer.subscription.deleted",
        cancellation_details=held["cancellation_details"] if held["canceled_at"] else details,
        canceled_at=held["canceled_at"] or account.now,
        cancel_at=held["cancel_at"],
        ended_at=account.now,
        status="canceled",
    )
    if held["schedule"]:
        account.put(
            "subscription_schedule",
            held["schedule"],
            "subscription_schedule.canceled",
            canceled_at=account.now,
            current_phase=None,
            status="canceled",
        )
    for invoice in _unpaid_invoices(account, held):
        account.put("invoice", invoice["id"], auto_advance=False, next_payment_attempt=None)


def _unpaid_invoices(account: Account, subscription: Object) -> list[Object]:
    """From the latest one back to the last one that was paid: collection goes in order."""
    found = []
    for invoice in reversed(account.of("invoice").values()):
        if invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]:
            if invoice["status"] == "paid" and invoice["total"] > 0:
                break
            if invoice["status"] in ("open", "draft"):
                found.append(invoice)
    return found


def _after_payment(account: Account, invoice: Object) -> None:
    subscription = subscription_of(account, invoice)
    is_latest = subscription["latest_invoice"] == invoice["id"]
    if subscription["status"] == "incomplete" or (is_latest and subscription["status"] in ("past_due", "unpaid")):
        account.put("subscription", subscription["id"], status="active")
    account.put("customer", invoice["customer"], delinquent=False)


def _after_failure(account: Account, invoice: Object) -> None:
    subscription = subscription_of(account, invoice)
    attempts = invoice["attempt_count"] + 1
    is_first = subscription["status"] == "incomplete"
    days = 0 if is_first or attempts > len(account.retry_days) else account.retry_days[attempts - 1]
    again = account.now + days * DAY if days and invoice["auto_advance"] else None
    account.put(
        "invoice",
        invoice["id"],
        "invoice.payment_failed",
        attempt_count=attempts,
        attempted=True,
        auto_advance=again is not None,
        next_payment_attempt=again,
    )
    account.put("customer", invoice["customer"], delinquent=True)
    if is_first:
        account.schedule(account.now + _INCOMPLETE_HOURS * HOUR, lambda: _expire(account, invoice))
    elif again:
        if subscription["status"] == "active":
            account.put("subscription", subscription["id"], status="past_due")
        account.schedule(again, lambda: _retry(account, invoice["id"], again))
    elif subscription["status"] in ("active", "past_due"):
        _stop_trying(account, subscription)


def _retry(account: Account, invoice: str, due: int) -> None:
    held = account.get("invoice", invoice)
    if held["status"] == "open" and held["next_payment_attempt"] == due:
        charge_invoice(account, invoice)


def _stop_trying(account: Account, subscription: Object) -> None:
    if account.after_retries == "cancel":
        end_subscription(account, subscription["id"], "payment_failed")
    else:
        account.put("subscription", subscription["id"], status=account.after_retries)


def _expire(account: Account, invoice: Object) -> None:
    subscription = subscription_of(account, invoice)
    if subscription["status"] == "incomplete":
        account.put("subscription", subscription["id"], status="incomplete_expired", ended_at=account.now)
        void(account, invoice["id"])
