"""The account's balance: every movement of money is booked, becomes available, and is paid out on a working day."""

from datetime import UTC, datetime

from simulator.stripe import shapes
from simulator.stripe.account import Account, Object
from simulator.stripe.clock import DAY, HOUR

_AVAILABLE_AFTER_DAYS = 2
_TYPES = {
    "dispute": "adjustment",
    "dispute_reversal": "adjustment",
    "fee": "stripe_fee",
    "payout_reversal": "payout_failure",
}
_AT_ONCE = ("payout", "payout_reversal")


def book(
    account: Account, amount: int, currency: str, category: str, source: str | None, description: str, fee: int = 0
) -> Object:
    """Book an amount, negative when it leaves, in its own currency. ``category``: as in Stripe's reports."""
    id_ = account.name("balance_transaction")
    fees = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    midnight = account.now - account.now % DAY
    booked = account.put(
        "balance_transaction",
        id_,
        "none",
        **shapes.TRANSACTION
        | {
            "amount": amount,
            "available_on": account.now if category in _AT_ONCE else midnight + _AVAILABLE_AFTER_DAYS * DAY,
            "currency": currency,
            "description": description,
            "fee": fee,
            "fee_details": [fees | {"description": "Stripe processing fees"}] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "type": _TYPES.get(category, category),
        },
    )
    if category != "payout":
        account.unpaid.setdefault(currency, []).append(id_)
    return booked


def begin_payouts(account: Account) -> None:
    """From now on, what is available is paid out every working day, each currency by itself."""
    midnight = account.now - account.now % DAY
    account.schedule(midnight + DAY + HOUR, lambda: _run_payouts(account))


def close_bank(account: Account, currency: str) -> None:
    """From now on the bank account of a currency sends payouts back, and Stripe makes no others."""
    account.closed_banks.add(currency)


def open_bank(account: Account, currency: str) -> None:
    """There is a bank account again."""
    account.closed_banks.discard(currency)


def _run_payouts(account: Account) -> None:
    account.schedule(account.now + DAY, lambda: _run_payouts(account))
    transactions = account.of("balance_transaction")
    is_working_day = datetime.fromtimestamp(account.now, UTC).weekday() < 5
    for currency, waiting in sorted(account.unpaid.items()):
        ready = [id_ for id_ in waiting if transactions[id_]["available_on"] <= account.now]
        for id_ in ready:
            account.put("balance_transaction", id_, "none", status="available")
        total = sum(transactions[id_]["net"] for id_ in ready)
        # What is less than nothing waits until later payments make up for it.
        if is_working_day and total > 0 and not _is_refused(account, currency):
            account.unpaid[currency] = [id_ for id_ in waiting if id_ not in ready]
            _pay_out(account, currency, total, ready)


def _is_refused(account: Account, currency: str) -> bool:
    """Whether the last payout of a currency came back, and its bank account is still the same."""
    last = [one for one in account.of("payout").values() if one["currency"] == currency][-1:]
    return currency in account.closed_banks and any(one["status"] == "failed" for one in last)


def _pay_out(account: Account, currency: str, total: int, members: list[str]) -> None:
    id_ = account.name("payout")
    booked = book(account, -total, currency, "payout", id_, "STRIPE PAYOUT")
    account.put("balance_transaction", booked["id"], "none", status="available")
    account.paid_out[id_] = [*members, booked["id"]]
    arrives = account.now - account.now % DAY + DAY
    account.put(
        "payout",
        id_,
        **shapes.PAYOUT
        | {
            "amount": total,
            "arrival_date": arrives,
            "balance_transaction": booked["id"],
            "currency": currency,
            "destination": f"ba_1HwSimAccnt{currency.upper()}",
            "reconciliation_status": "in_progress",
            "status": "in_transit",
        },
    )
    account.schedule(account.now + HOUR, lambda: _reconcile(account, id_))
    account.schedule(arrives + 2 * HOUR, lambda: _arrive(account, id_))


def _reconcile(account: Account, payout: str) -> None:
    account.put("payout", payout, "payout.reconciliation_completed", reconciliation_status="completed")


def _arrive(account: Account, payout: str) -> None:
    if account.get("payout", payout)["currency"] in account.closed_banks:
        _return(account, payout)
        return
    account.put("payout", payout, "payout.paid", status="paid", trace_id={"status": "supported", "value": payout[-12:]})


def _return(account: Account, payout: str) -> None:
    """The bank sends it back: the money is in the balance again, and goes out with a later payout."""
    held = account.get("payout", payout)
    booked = book(account, held["amount"], held["currency"], "payout_reversal", payout, "PAYOUT FAILURE")
    account.put(
        "payout",
        payout,
        "payout.failed",
        failure_balance_transaction=booked["id"],
        failure_code="account_closed",
        failure_message="The bank account has been closed",
        status="failed",
    )
