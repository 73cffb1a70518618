"""What the models must say about a simulated account, counted from its objects, with no SQL."""

from collections import Counter

from simulator.stripe.account import Account

Moved = dict[tuple[str, str], tuple[int, int]]
"""By kind of transaction and currency: how many, and minor units in all."""


def count_money(account: Account) -> Moved:
    """Payments, refunds, disputes and what came back of them, in the currency that was charged."""
    counts: Counter[tuple[str, str]] = Counter()
    amounts: Counter[tuple[str, str]] = Counter()

    def add(kind: str, currency: str, amount: int) -> None:
        counts[kind, currency] += 1
        amounts[kind, currency] += amount

    for charge in account.of("charge").values():
        if charge["captured"] and charge["status"] == "succeeded":
            add("payment", charge["currency"], charge["amount_captured"])
    for refund in account.of("refund").values():
        # One that failed was booked, and booked back.
        if refund["balance_transaction"]:
            add("refund", refund["currency"], -refund["amount"])
        if refund.get("failure_balance_transaction"):
            add("refund_failure", refund["currency"], refund["amount"])
    for dispute in account.of("dispute").values():
        for booked in dispute["balance_transactions"]:
            is_back = booked["amount"] > 0
            amount = dispute["amount"] if is_back else -dispute["amount"]
            add("dispute_reversal" if is_back else "dispute", dispute["currency"], amount)
    return {key: (counts[key], amounts[key]) for key in counts}


def count_subscriptions(account: Account) -> dict[str, int]:
    """Subscriptions by status, as they are now."""
    return dict(Counter(one["status"] for one in account.of("subscription").values()))
