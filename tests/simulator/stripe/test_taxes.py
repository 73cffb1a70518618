"""Taxes on invoices, by hand and as Stripe's library shows them."""

import pytest

from simulator.stripe.account import Account
from simulator.stripe.catalogue import make_coupon, make_price, make_product
from simulator.stripe.changes import change_quantity
from simulator.stripe.clock import DAY
from simulator.stripe.customers import make_customer
from simulator.stripe.refunds import credit
from simulator.stripe.subscriptions import subscribe
from simulator.stripe.taxes import make_tax_rate
from tests.served_stripe import serve

APRIL = 1_743_465_600
"""The first of April 2025; April has thirty days."""


def test_taxes_are_on_what_discounts_leave_of_each_line_and_are_paid() -> None:
    account = Account(APRIL)
    state, city = make_tax_rate(account, "State", 8.875, "US"), make_tax_rate(account, "City", 1.5, "US")
    price = make_price(account, make_product(account, "Team"), "1000", "usd", "month")
    coupon = make_coupon(account, "tenth", percent_off=10)
    customer = make_customer(account, "ada@example.com", "Ada")
    subscription = subscribe(account, customer, price, 3, coupon=coupon, tax_rates=[state, city])
    account.advance(APRIL + 15 * DAY)
    change_quantity(account, subscription, 1)
    account.advance(APRIL + 31 * DAY)
    with serve(account) as served:
        client = served.client()
        second, first = client.v1.invoices.list({"subscription": subscription}).data
        assert [one.percentage for one in client.v1.subscriptions.retrieve(subscription).default_tax_rates or []] == [
            8.875,
            1.5,
        ]
        assert client.v1.tax_rates.retrieve(state).display_name == "State"
        # 2700 × 8.875 % = 239.625, 2700 × 1.5 % = 40.5.
        assert [(one.amount, one.taxable_amount) for one in first.total_taxes or []] == [(240, 2700), (41, 2700)]
        assert (first.subtotal, first.total_excluding_tax, first.total, first.amount_paid) == (3000, 2700, 2981, 2981)
        # Half a month of three at -1350 and of one at 450, and a month of one at 1000 without 100: 8.875 % of each
        # is -119.8125, 39.9375 and 79.875, 1.5 % of each -20.25, 6.75 and 13.5.
        lines = [[tax.amount for tax in line.taxes or []] for line in second.lines.data]
        assert lines == [[-120, -20], [40, 7], [80, 14]]
        assert (second.total_excluding_tax, second.total) == (0, 1)
        (charge,) = client.v1.charges.list({"customer": customer}).data[-1:]
        assert charge.amount == 2981
    with pytest.raises(ValueError, match="taxed"):
        credit(account, first.id or "", 100)
