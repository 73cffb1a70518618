"""Payouts that a bank sends back."""

from simulator.stripe.account import Account
from simulator.stripe.balance import begin_payouts, close_bank, open_bank
from simulator.stripe.catalogue import make_price, make_product
from simulator.stripe.checkout import open_checkout, pay_at_checkout
from simulator.stripe.clock import DAY
from tests.served_stripe import serve

TUESDAY = 1_743_465_600
"""The first of April 2025."""


def test_money_that_a_bank_sends_back_goes_out_with_a_later_payout() -> None:
    account = Account(TUESDAY)
    begin_payouts(account)
    book = make_price(account, make_product(account, "Book"), "4900", "usd")
    pay_at_checkout(account, open_checkout(account, "payment", book), "ada@example.com", "Ada")
    close_bank(account, "usd")
    account.advance(TUESDAY + 7 * DAY)
    pay_at_checkout(account, open_checkout(account, "payment", book), "bo@example.com", "Bo")
    account.advance(TUESDAY + 13 * DAY)
    with serve(account) as served:
        client = served.client()
        # None is made while the account is closed.
        (failed,) = client.v1.payouts.list().data
        earned = 4900 - 172
        assert (failed.status, failed.failure_code, failed.amount) == ("failed", "account_closed", earned)
        returned = client.v1.balance_transactions.retrieve(str(failed.failure_balance_transaction))
        assert (returned.type, returned.reporting_category) == ("payout_failure", "payout_reversal")
        assert (returned.amount, returned.source) == (earned, failed.id)
        told = [one.type for one in client.v1.events.list({"type": "payout.*"}).data]
        assert told == ["payout.failed", "payout.reconciliation_completed", "payout.created"]
        open_bank(account, "usd")
        account.advance(TUESDAY + 15 * DAY)
        paid, again = client.v1.payouts.list().data
        assert (paid.status, paid.amount, again.id) == ("paid", 2 * earned, failed.id)
        members = client.v1.balance_transactions.list({"payout": paid.id or ""}).data
        assert {one.id for one in members} >= {returned.id, paid.balance_transaction}
        assert sum(one.net for one in members) == 0
