"""Some of everything an account can hold."""

from tests.ingestion.stripe.account_server import StripeAccount

DAY = 86_400


def fill(account: StripeAccount, customers: int) -> None:
    """Every kind of object, a day between two customers, with lists inside that are longer than a page shows."""
    account.put("product", "prod_1", name="Pro")
    account.put("price", "price_1", product="prod_1", unit_amount=2000, currency="usd")
    account.put("coupon", "co_1", percent_off=12.5)
    for number in range(customers):
        account.now += DAY
        customer, invoice, charge = f"cus_{number:04d}", f"in_{number:04d}", f"ch_{number:04d}"
        account.put("customer", customer, email=f"{number}@example.com")
        account.put(
            "subscription",
            f"sub_{number:04d}",
            customer=customer,
            status="canceled" if number % 3 == 0 else "active",
            items=[{"id": f"si_{number}_{item}", "object": "subscription_item"} for item in range(number % 25)],
        )
        account.put("subscription_schedule", f"sub_sched_{number:04d}", customer=customer)
        account.put(
            "invoice",
            invoice,
            customer=customer,
            lines=[{"id": f"il_{number}_{line}", "object": "line_item", "amount": line} for line in range(number % 40)],
            payments=[{"id": f"inpay_{number}", "object": "invoice_payment"}],
        )
        account.put("payment_intent", f"pi_{number:04d}", customer=customer)
        account.put("charge", charge, customer=customer, amount=2000 + number, balance_transaction=f"txn_{number:04d}")
        account.put("balance_transaction", f"txn_{number:04d}", "none", source=charge, amount=2000 + number, fee=88)
        account.put("checkout.session", f"cs_{number:04d}", client_reference_id=f"visitor-{number}")
        if number % 5 == 0:
            account.put("refund", f"re_{number:04d}", charge=charge, amount=100)
            account.put("credit_note", f"cn_{number:04d}", invoice=invoice, lines=[])
        if number % 7 == 0:
            account.put("dispute", f"dp_{number:04d}", charge=charge)
            account.put("payout", f"po_{number:04d}", automatic=True, reconciliation_status="completed")
            account.paid_out[f"po_{number:04d}"] = [f"txn_{past:04d}" for past in range(max(number - 6, 0), number + 1)]
