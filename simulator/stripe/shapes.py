"""Objects as they are before anything is known of them: all members that Stripe answers with, mostly null."""

from typing import Any

from simulator.stripe.account import Object


def _nulls(names: str) -> Object:
    return dict.fromkeys(names.split())


ADDRESS = _nulls("city country line1 line2 postal_code state")
_TAX: Object = {"enabled": False, "liability": None, "disabled_reason": None}
_SETTINGS = _nulls("payment_method_options payment_method_types")
_INVOICE_SETTINGS = _nulls("account_tax_ids custom_fields days_until_due description footer")

PRODUCT: Object = {
    **_nulls("default_price description package_dimensions shippable statement_descriptor tax_code unit_label url"),
    "active": True,
    "images": [],
    "marketing_features": [],
    "metadata": {},
    "type": "service",
}

PRICE: Object = {
    **_nulls("custom_unit_amount lookup_key nickname recurring tiers_mode transform_quantity"),
    "active": True,
    "billing_scheme": "per_unit",
    "metadata": {},
    "tax_behavior": "unspecified",
}

COUPON: Object = {
    **_nulls("amount_off currency duration_in_months max_redemptions percent_off redeem_by"),
    "metadata": {},
    "times_redeemed": 0,
    "valid": True,
}

DISCOUNT = _nulls(
    "checkout_session customer customer_account end invoice invoice_item promotion_code subscription subscription_item"
)

CUSTOMER: Object = {
    **_nulls("address currency default_source description discount phone shipping test_clock"),
    "balance": 0,
    "delinquent": False,
    "metadata": {},
    "next_invoice_sequence": 1,
    "preferred_locales": [],
    "invoice_settings": _nulls("custom_fields default_payment_method footer rendering_options"),
    "tax_exempt": "none",
}

PAYMENT_METHOD: Object = {
    **_nulls("customer_account"),
    "allow_redisplay": "unspecified",
    "metadata": {},
    "type": "card",
    "card": {
        **_nulls("generated_from regulated_status wallet"),
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": "visa",
        "exp_month": 8,
        "exp_year": 2035,
        "funding": "credit",
        "networks": {"available": ["visa"], "preferred": None},
        "three_d_secure_usage": {"supported": True},
    },
}

SUBSCRIPTION: Object = {
    **_nulls("application application_fee_percent billing_cycle_anchor_config billing_thresholds"),
    **_nulls("cancel_at canceled_at customer_account days_until_due default_payment_method default_source description"),
    **_nulls(
        "ended_at latest_invoice managed_payments next_pending_invoice_item_invoice on_behalf_of pause_collection"
    ),
    **_nulls("pending_invoice_item_interval pending_setup_intent pending_update schedule test_clock transfer_data"),
    **_nulls("trial_end trial_start"),
    "automatic_tax": _TAX,
    "billing_mode": {"type": "classic", "flexible": None},
    "billing_schedules": [],
    "cancel_at_period_end": False,
    "cancellation_details": _nulls("comment feedback reason"),
    "collection_method": "charge_automatically",
    "default_tax_rates": [],
    "discounts": [],
    "invoice_settings": {
        **_nulls("account_tax_ids custom_fields description footer"),
        "issuer": {"type": "self"},
    },
    "metadata": {},
    "payment_settings": _SETTINGS | {"save_default_payment_method": "off"},
    "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
}

ITEM: Object = {"billing_thresholds": None, "discounts": [], "metadata": {}, "tax_rates": []}

INVOICE_ITEM: Object = {
    **_nulls("customer_account invoice test_clock"),
    "discountable": True,
    "discounts": [],
    "metadata": {},
    "proration": False,
    "tax_rates": [],
}

LINE: Object = {
    **_nulls("pretax_credit_amounts quantity_decimal"),
    "discount_amounts": [],
    "discountable": True,
    "discounts": [],
    "livemode": False,
    "metadata": {},
    "taxes": [],
}

INVOICE: Object = {
    **_nulls("account_name account_tax_ids application automatically_finalizes_at custom_fields customer_account"),
    **_nulls("customer_address customer_phone customer_shipping default_payment_method default_source description"),
    **_nulls("due_date effective_at ending_balance footer from_invoice hosted_invoice_url invoice_pdf"),
    **_nulls("last_finalization_error latest_revision next_payment_attempt number on_behalf_of parent receipt_number"),
    **_nulls("rendering shipping_cost shipping_details statement_descriptor test_clock total_pretax_credit_amounts"),
    **_nulls("webhooks_delivered_at"),
    "account_country": "US",
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_shipping": 0,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": True,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_tax_rates": [],
    "metadata": {},
    "collection_method": "charge_automatically",
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "starting_balance": 0,
    "automatic_tax": _TAX | {"provider": None, "status": None},
    "issuer": {"type": "self"},
    "payment_settings": _SETTINGS | {"default_mandate": None},
    "status": "draft",
    "status_transitions": _nulls("finalized_at marked_uncollectible_at paid_at voided_at"),
}

INTENT: Object = {
    **_nulls("application application_fee_amount canceled_at cancellation_reason customer_account description"),
    **_nulls(
        "excluded_payment_method_types last_payment_error latest_charge managed_payments next_action on_behalf_of"
    ),
    **_nulls("payment_method_configuration_details processing review setup_future_usage shipping source"),
    **_nulls("statement_descriptor statement_descriptor_suffix transfer_data transfer_group"),
    "amount_capturable": 0,
    "amount_received": 0,
    "capture_method": "automatic",
    "metadata": {},
    "confirmation_method": "automatic",
    "payment_method_types": ["card"],
    "amount_details": {"tip": {}},
    "automatic_payment_methods": None,
    "payment_method_options": {},
    "status": "requires_payment_method",
}

CHARGE: Object = {
    **_nulls("application application_fee application_fee_amount balance_transaction description"),
    **_nulls("failure_balance_transaction failure_code failure_message on_behalf_of receipt_number review shipping"),
    **_nulls("source source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group"),
    "amount_captured": 0,
    "amount_refunded": 0,
    "captured": False,
    "disputed": False,
    "fraud_details": {},
    "metadata": {},
    "paid": False,
    "receipt_url": None,
    "refunded": False,
    "calculated_statement_descriptor": "HEADWATER DEMO",
    "payment_method_details": {
        "card": {
            **_nulls("amount_authorized authorization_code installments mandate network_transaction_id"),
            **_nulls("regulated_status three_d_secure transaction_link_id wallet"),
            "brand": "visa",
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "exp_month": 8,
            "exp_year": 2035,
            "funding": "credit",
            "network": "visa",
            "network_token": {"used": False},
        },
        "type": "card",
    },
}

TAX_RATE: Object = {
    **_nulls("country description flat_amount jurisdiction jurisdiction_level state"),
    "active": True,
    "inclusive": False,
    "metadata": {},
    "rate_type": "percentage",
    "tax_type": "vat",
}

SCHEDULE: Object = {
    **_nulls("application canceled_at completed_at customer_account released_at released_subscription test_clock"),
    "billing_mode": {"type": "classic", "flexible": None},
    "default_settings": {
        **_nulls("application_fee_percent billing_thresholds default_payment_method description on_behalf_of"),
        "automatic_tax": _TAX,
        "billing_cycle_anchor": "automatic",
        "collection_method": "charge_automatically",
        "invoice_settings": _INVOICE_SETTINGS | {"issuer": {"type": "self"}},
        "transfer_data": None,
    },
    "end_behavior": "release",
    "metadata": {},
    "pause_schedules": [],
    "status": "active",
}

PHASE: Object = {
    **_nulls("application_fee_percent automatic_tax billing_cycle_anchor billing_thresholds collection_method"),
    **_nulls("default_payment_method description invoice_settings on_behalf_of transfer_data trial trial_end"),
    "add_invoice_items": [],
    "default_tax_rates": [],
    "discounts": [],
    "metadata": {},
    "proration_behavior": "create_prorations",
}

PHASE_ITEM: Object = {"billing_thresholds": None, "discounts": [], "metadata": {}, "tax_rates": []}

REFUND: Object = _nulls(
    "customer customer_account payment_method reason receipt_number source_transfer_reversal transfer_reversal"
) | {"destination_details": {"card": {"type": "refund"}, "type": "card"}, "metadata": {}}

_EVIDENCE: Object = {
    **_nulls("access_activity_log billing_address cancellation_policy cancellation_policy_disclosure"),
    **_nulls("cancellation_rebuttal customer_communication customer_email_address customer_name customer_purchase_ip"),
    **_nulls("customer_signature duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id"),
    **_nulls("product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation"),
    **_nulls("service_date service_documentation shipping_address shipping_carrier shipping_date"),
    **_nulls("shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text"),
    "enhanced_evidence": {},
}

DISPUTE: Object = {
    "balance_transactions": [],
    "enhanced_eligibility_types": [],
    "evidence": _EVIDENCE,
    "metadata": {},
    "payment_method_details": {
        "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
        "type": "card",
    },
}

CREDIT_NOTE: Object = {
    **_nulls("customer_account customer_balance_transaction effective_at memo out_of_band_amount reason shipping_cost"),
    **_nulls("total_taxes voided_at"),
    "amount_shipping": 0,
    "discount_amount": 0,
    "discount_amounts": [],
    "metadata": {},
    "status": "issued",
    "post_payment_amount": 0,
    "pre_payment_amount": 0,
    "pretax_credit_amounts": [],
    "refunds": [],
}

CREDIT_NOTE_LINE: Object = {
    **_nulls("metadata taxes unit_amount unit_amount_decimal"),
    "discount_amount": 0,
    "discount_amounts": [],
    "livemode": False,
    "pretax_credit_amounts": [],
    "quantity": 1,
    "tax_rates": [],
    "type": "invoice_line_item",
}

CHECKOUT: Object = {
    **_nulls("after_expiration allow_promotion_codes billing_address_collection client_reference_id client_secret"),
    **_nulls("collected_information consent consent_collection currency_conversion customer customer_account"),
    **_nulls("customer_creation customer_details customer_email discounts integration_identifier invoice"),
    **_nulls("invoice_creation locale managed_payments origin_context payment_intent payment_link"),
    **_nulls("payment_method_configuration_details permissions recovered_from saved_payment_method_options"),
    **_nulls("setup_intent shipping_address_collection shipping_cost submit_type subscription ui_mode wallet_options"),
    "adaptive_pricing": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None},
    "cancel_url": "https://www.lumen.example/pricing",
    "custom_fields": [],
    "metadata": {},
    "custom_text": _nulls("after_submit shipping_address submit terms_of_service_acceptance"),
    "payment_method_collection": "if_required",
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "status": "open",
    "success_url": "https://www.lumen.example/app",
    "url": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
}
CHECKOUT["automatic_tax"]["status"] = None

TRANSACTION: Object = {"balance_type": "payments", "exchange_rate": None, "status": "pending"}

PAYOUT: Object = {
    **_nulls("application_fee application_fee_amount failure_balance_transaction failure_code failure_message"),
    **_nulls("original_payout payout_method reversed_by statement_descriptor"),
    "automatic": True,
    "description": "STRIPE PAYOUT",
    "metadata": {},
    "method": "standard",
    "source_type": "card",
    "trace_id": {"status": "pending", "value": None},
    "type": "bank_account",
}


def subscription_line_parent(subscription: str, item: str, invoice_item: str | None = None) -> Any:
    """What an invoice's line says it is from; with ``invoice_item``: a proration."""
    details = {"invoice_item": invoice_item, "proration": invoice_item is not None, "subscription": subscription}
    if invoice_item is None:
        whole = details | {"proration_details": {"credited_items": None}, "subscription_item": item}
        return {
            "invoice_item_details": None,
            "subscription_item_details": whole,
            "type": "subscription_item_details",
        }
    whole = details | {"proration_details": {"credited_items": None}}
    return {"invoice_item_details": whole, "subscription_item_details": None, "type": "invoice_item_details"}
