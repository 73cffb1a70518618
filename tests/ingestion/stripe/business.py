"""Some of everything an account can hold."""

from simulator.stripe.account import Account, Object, list_of

DAY = 86_400


def fill(account: Account, customers: int) -> None:
    """Every kind of object, a day between two customers, with lists inside that are longer than a page shows."""
    account.put("product", "prod_1", name="Pro")
    account.put("price", "price_1", product="prod_1", unit_amount=2000, currency="usd")
    account.put("coupon", "co_1", percent_off=12.5)
    for number in range(customers):
        account.advance(account.now + DAY)
        customer, subscription = f"cus_{number:04d}", f"sub_{number:04d}"
        invoice, charge = f"in_{number:04d}", f"ch_{number:04d}"
        account.put("customer", customer, email=f"{number}@example.com")
        account.put(
            "subscription",
            subscription,
            customer=customer,
            status="canceled" if number % 3 == 0 else "active",
            items=_make_list("/v1/subscription_items?subscription=" + subscription, f"si_{number}", number % 25),
        )
        account.put("subscription_schedule", f"sub_sched_{number:04d}", customer=customer)
        account.put(
            "invoice",
            invoice,
            customer=customer,
            lines=_make_list(f"/v1/invoices/{invoice}/lines", f"il_{number}", number % 40),
            payments=_make_list(f"/v1/invoice_payments?invoice={invoice}", f"inpay_{number}", 1),
        )
        account.put("payment_intent", f"pi_{number:04d}", customer=customer)
        account.put("charge", charge, customer=customer, amount=2000 + number, balance_transaction=f"txn_{number:04d}")
        account.put("balance_transaction", f"txn_{number:04d}", "none", source=charge, amount=2000 + number, fee=88)
        account.put("checkout.session", f"cs_{number:04d}", client_reference_id=f"visitor-{number}")
        if number % 5 == 0:
            account.put("refund", f"re_{number:04d}", charge=charge, amount=100)
            account.put("credit_note", f"cn_{number:04d}", invoice=invoice, lines=_make_list("", "cnli", 0))
        if number % 7 == 0:
            account.put("dispute", f"dp_{number:04d}", charge=charge)
            account.put("payout", f"po_{number:04d}", automatic=True, reconciliation_status="completed")
            account.paid_out[f"po_{number:04d}"] = [f"txn_{past:04d}" for past in range(max(number - 6, 0), number + 1)]


def _make_list(url: str, prefix: str, count: int) -> Object:
    kinds = {"si": "subscription_item", "il": "line_item", "inpay": "invoice_payment"}
    kind = kinds.get(prefix.partition("_")[0], "")
    return list_of([{"id": f"{prefix}_{number}", "object": kind, "amount": number} for number in range(count)], url)
