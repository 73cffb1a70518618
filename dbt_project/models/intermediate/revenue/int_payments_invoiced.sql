{{ config(materialized='table', order_by=['org_id', 'site_id', 'charge_id']) }}

with by_intent as (
    select org_id, site_id, payment_intent_id, min(paid.invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }} as paid
    where payment_intent_id != ''
    group by org_id, site_id, payment_intent_id
),

by_charge as (
    select org_id, site_id, charge_id, min(paid.invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }} as paid
    where charge_id != ''
    group by org_id, site_id, charge_id
),

named as (
    select
        charges.org_id as org_id,
        charges.site_id as site_id,
        charges.charge_id as charge_id,
        charges.customer_id as customer_id,
        charges.payment_intent_id as payment_intent_id,
        charges.email_hash as email_hash,
        charges.metadata as metadata,
        if(by_charge.invoice_id != '', by_charge.invoice_id, by_intent.invoice_id) as invoice_id
    from {{ ref('stg_stripe__charges') }} as charges
    left join by_charge
        on by_charge.org_id = charges.org_id
        and by_charge.site_id = charges.site_id
        and by_charge.charge_id = charges.charge_id
    left join by_intent
        on by_intent.org_id = charges.org_id
        and by_intent.site_id = charges.site_id
        and by_intent.payment_intent_id = charges.payment_intent_id
    where charges.is_captured and (charges.status = 'succeeded' or charges.failure_balance_transaction_id != '')
)

select
    named.org_id as org_id,
    named.site_id as site_id,
    named.charge_id as charge_id,
    named.customer_id as customer_id,
    named.payment_intent_id as payment_intent_id,
    named.invoice_id as invoice_id,
    invoices.subscription_id as subscription_id,
    named.email_hash as email_hash,
    -- What is nearer to the payment is said with more knowledge of it.
    arrayFilter(
        m -> notEmpty(m),
        [named.metadata, invoices.metadata, invoices.subscription_metadata]
    ) as metadata
from named
left join {{ ref('stg_stripe__invoices') }} as invoices
    on invoices.org_id = named.org_id
    and invoices.site_id = named.site_id
    and invoices.invoice_id = named.invoice_id
