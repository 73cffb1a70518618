"""Stripe's objects as SQL makes them: templates of JSON of the members and the size that Stripe's own have.

In a text `${…}` is an SQL expression of a text; a whole text `#{…}` is one of a number.
"""

import json
import re
from typing import Any

Shape = dict[str, Any]
Tables = dict[str, tuple[Shape, str, str, str]]
"""By raw table: the shape of its objects, what their ids begin with, their kind, and the event that tells of them."""


def text_of(shape: Shape) -> str:
    """SQL of the JSON of a shape: `${…}` in a text is an expression of a text, and a text `#{…}` one of a number."""
    parts = re.split(r'"#\{(.+?)\}"|\$\{(.+?)\}', json.dumps(shape, separators=(",", ":")))
    written = []
    for literal, number, text in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        written.append("'" + literal.replace("\\", "\\\\").replace("'", "\\'") + "'")
        expression = number or text
        if expression:
            written.append(f"toString({expression})")
    return f"concat({', '.join(written)})"


_ADDRESS = {"city": "Kathmandu", "country": "NP", "line1": "1 Durbar Marg", "line2": None, "postal_code": "44600"}
_CARD = {
    "card": {
        "amount_authorized": "#{amount}",
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2030,
        "fingerprint": "mToisGZ01V71BCos",
        "funding": "credit",
        "installments": None,
        "last4": "4242",
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": "976910910117917",
        "three_d_secure": None,
        "wallet": None,
    },
    "type": "card",
}
_CHARGE: Shape = {
    "id": "ch_${id}",
    "object": "charge",
    "amount": "#{amount}",
    "amount_captured": "#{amount}",
    "amount_refunded": "#{refunded}",
    "application": None,
    "application_fee": None,
    "balance_transaction": "txn_${id}",
    "billing_details": {"address": _ADDRESS, "email": "payer${sub}@example.com", "name": "Payer ${sub}", "phone": None},
    "calculated_statement_descriptor": "EXAMPLE",
    "captured": True,
    "created": "#{made}",
    "currency": "${currency}",
    "customer": "cus_${sub}",
    "description": "Subscription update",
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "fraud_details": {},
    "livemode": True,
    "metadata": {},
    "outcome": {
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 25,
        "seller_message": "Payment complete.",
        "type": "authorized",
    },
    "paid": True,
    "payment_intent": "pi_${id}",
    "payment_method": "pm_${sub}",
    "payment_method_details": _CARD,
    "receipt_email": None,
    "receipt_url": "https://pay.stripe.com/receipts/invoices/CAcaFwoVYWNjdF8xTTJKVGtMa2RJd0h1N2l4KLvS1Yk${n}?s=ap",
    "refunded": False,
    "source_transfer_data": None,
    "status": "succeeded",
}
_PAYMENT_INTENT: Shape = {
    "id": "pi_${id}",
    "object": "payment_intent",
    "amount": "#{amount}",
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": "#{amount}",
    "automatic_payment_methods": None,
    "capture_method": "automatic",
    "client_secret": "pi_${id}_secret_YrKJUKribcBjcG8HVhfZluoGH",
    "confirmation_method": "automatic",
    "created": "#{at}",
    "currency": "${currency}",
    "customer": "cus_${sub}",
    "description": "Subscription update",
    "last_payment_error": None,
    "latest_charge": "ch_${id}",
    "livemode": True,
    "metadata": {},
    "next_action": None,
    "payment_method": "pm_${sub}",
    "payment_method_options": {
        "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    },
    "payment_method_types": ["card", "link"],
    "processing": None,
    "receipt_email": None,
    "setup_future_usage": "off_session",
    "shipping": None,
    "status": "succeeded",
}
_LINE: Shape = {
    "id": "il_${id}",
    "object": "line_item",
    "amount": "#{amount}",
    "currency": "${currency}",
    "description": "2 x Pro (at 20.00 / month)",
    "discount_amounts": [],
    "discountable": True,
    "discounts": [],
    "livemode": True,
    "metadata": {},
    "parent": {
        "subscription_item_details": {
            "proration": False,
            "subscription": "sub_${sub}",
            "subscription_item": "si_${sub}",
        },
        "type": "subscription_item_details",
    },
    "period": {"end": "#{at + 2592000}", "start": "#{at}"},
    "pricing": {"price_details": {"price": "price_${sub % 10}", "product": "prod_${sub % 5}"}, "type": "price_details"},
    "quantity": 2,
    "taxes": [],
}
_INVOICE: Shape = {
    "id": "in_${id}",
    "object": "invoice",
    "account_country": "US",
    "account_name": "Example",
    "amount_due": "#{amount}",
    "amount_paid": "#{amount}",
    "amount_remaining": 0,
    "attempt_count": 1,
    "attempted": True,
    "auto_advance": False,
    "automatic_tax": {"enabled": False, "liability": None, "status": None},
    "billing_reason": "subscription_cycle",
    "collection_method": "charge_automatically",
    "created": "#{at}",
    "currency": "${currency}",
    "customer": "cus_${sub}",
    "customer_address": _ADDRESS,
    "customer_email": "payer${sub}@example.com",
    "discounts": [],
    "hosted_invoice_url": "https://invoice.stripe.com/i/acct_1M2JTkLkdIwHu7ix/test_YWNjdF8xTTJKVGtMa2RJd0h1N2l4${n}?s=ap",
    "invoice_pdf": "https://pay.stripe.com/invoice/acct_1M2JTkLkdIwHu7ix/test_YWNjdF8xTTJKVGtMa2RJd0h1N2l4${n}/pdf?s=ap",
    "lines": {"object": "list", "data": [_LINE], "has_more": False, "total_count": 1},
    "livemode": True,
    "metadata": {},
    "number": "RX-${n}",
    "parent": {
        "quote_details": None,
        "subscription_details": {"metadata": {}, "subscription": "sub_${sub}"},
        "type": "subscription_details",
    },
    "payments": {
        "object": "list",
        "data": [
            {
                "id": "inpay_${id}",
                "object": "invoice_payment",
                "amount_paid": "#{amount}",
                "payment": {"payment_intent": "pi_${id}", "type": "payment_intent"},
                "status": "paid",
            }
        ],
    },
    "status": "paid",
    "status_transitions": {"finalized_at": "#{at}", "paid_at": "#{at}"},
    "subtotal": "#{amount}",
    "total": "#{amount}",
}


def _booking(name: str, amount: str, fee: str, category: str, source: str) -> Shape:
    return {
        "id": name,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": "#{at + 172800}",
        "balance_type": "payments",
        "created": "#{at}",
        "currency": "${currency}",
        "description": "Subscription update",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": "${currency}", "description": "Stripe fees", "type": "stripe_fee"}],
        "net": "#{amount - fee}" if category == "charge" else "#{-amount}",
        "reporting_category": category,
        "source": source,
        "status": "available",
        "type": category,
    }


_REFUND: Shape = {
    "id": "re_${id}",
    "object": "refund",
    "amount": "#{amount}",
    "balance_transaction": "txn_re_${id}",
    "charge": "ch_${id}",
    "created": "#{at}",
    "currency": "${currency}",
    "metadata": {},
    "payment_intent": "pi_${id}",
    "reason": "requested_by_customer",
    "status": "succeeded",
}
_CUSTOMER: Shape = {
    "id": "cus_${sub}",
    "object": "customer",
    "address": _ADDRESS,
    "balance": 0,
    "created": "#{begun}",
    "currency": "${currency}",
    "delinquent": False,
    "email": "payer${sub}@example.com",
    "invoice_prefix": "0759376C${sub}",
    "invoice_settings": {"custom_fields": None, "default_payment_method": "pm_${sub}", "footer": None},
    "livemode": True,
    "metadata": {"headwater_visitor_id": "${visitor}"},
    "name": "Payer ${sub}",
    "preferred_locales": [],
    "tax_exempt": "none",
}
PRICE: Shape = {
    "id": "price_${sub % 10}",
    "object": "price",
    "active": True,
    "billing_scheme": "per_unit",
    "created": 1700000000,
    "currency": "${currency}",
    "livemode": True,
    "metadata": {},
    "product": "prod_${sub % 5}",
    "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    "tiers_mode": None,
    "transform_quantity": None,
    "type": "recurring",
    "unit_amount_decimal": "2000",
}
_SUBSCRIPTION: Shape = {
    "id": "sub_${sub}",
    "object": "subscription",
    "automatic_tax": {"enabled": False, "liability": None},
    "billing_cycle_anchor": "#{begun}",
    "cancel_at": None,
    "canceled_at": None,
    "collection_method": "charge_automatically",
    "created": "#{begun}",
    "currency": "${currency}",
    "customer": "cus_${sub}",
    "default_payment_method": "pm_${sub}",
    "discounts": [],
    "ended_at": None,
    "items": {
        "object": "list",
        "data": [
            {
                "id": "si_${sub}",
                "object": "subscription_item",
                "created": "#{begun}",
                "current_period_end": "#{at + 2592000}",
                "discounts": [],
                "metadata": {},
                "price": PRICE,
                "quantity": "#{quantity}",
                "subscription": "sub_${sub}",
            }
        ],
    },
    "latest_invoice": "in_${sub}",
    "livemode": True,
    "metadata": {},
    "pause_collection": None,
    "start_date": "#{begun}",
    "status": "active",
    "trial_end": None,
    "trial_start": None,
}

PAYMENTS: Tables = {
    "charges": (_CHARGE, "ch_", "charge", "charge.succeeded"),
    "payment_intents": (_PAYMENT_INTENT, "pi_", "payment_intent", "payment_intent.succeeded"),
    "invoices": (_INVOICE, "in_", "invoice", "invoice.paid"),
    "balance_transactions": (
        _booking("txn_${id}", "#{amount}", "#{fee}", "charge", "ch_${id}"), "txn_", "balance_transaction", "",
    ),
}  # fmt: skip
REFUNDS: Tables = {
    "charges": (_CHARGE, "ch_", "charge", "charge.refunded"),
    "refunds": (_REFUND, "re_", "refund", "refund.created"),
    "balance_transactions": (
        _booking("txn_re_${id}", "#{-amount}", "#{0}", "refund", "re_${id}"), "txn_re_", "balance_transaction", "",
    ),
}  # fmt: skip
SUBSCRIPTIONS: Tables = {
    "subscriptions": (_SUBSCRIPTION, "sub_", "subscription", "customer.subscription.updated"),
    "customers": (_CUSTOMER, "cus_", "customer", "customer.updated"),
}

PRODUCTS: Tables = {
    "products": ({"id": "prod_${n}", "object": "product", "name": "Pro", "created": 1}, "prod_", "product", "")
}
PRICES: Tables = {"prices": (PRICE, "price_", "price", "")}
