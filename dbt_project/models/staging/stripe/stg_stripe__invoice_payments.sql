{{ config(order_by=['org_id', 'site_id', 'payment_intent_id', 'charge_id']) }}

-- Three ways in which Stripe says what paid an invoice: its list of payments, the events about them, and in older
-- versions of its interface the invoice's own members.
with listed as (
    select
        org_id,
        site_id,
        invoice_id,
        payment.payment.payment_intent as payment_intent_id,
        payment.payment.charge as charge_id
    from {{ ref('stg_stripe__invoices') }}
    array join payments as payment
),

told as (
    select
        org_id,
        site_id,
        JSONExtract(
            snapshot,
            'Tuple(invoice String, payment Tuple(charge String, payment_intent String))'
        ) as o,
        o.invoice as invoice_id,
        o.payment.payment_intent as payment_intent_id,
        o.payment.charge as charge_id
    from {{ ref('stg_stripe__events') }}
    where object_type = 'invoice_payment'
),

named as (
    select org_id, site_id, invoice_id, payment_intent_id, charge_id
    from {{ ref('stg_stripe__invoices') }}
    union all
    select org_id, site_id, invoice_id, '' as payment_intent_id, charge_id
    from {{ ref('stg_stripe__charges') }}
)

select distinct org_id, site_id, invoice_id, payment_intent_id, charge_id
from (
    select org_id, site_id, invoice_id, payment_intent_id, charge_id from listed
    union all
    select org_id, site_id, invoice_id, payment_intent_id, charge_id from told
    union all
    select org_id, site_id, invoice_id, payment_intent_id, charge_id from named
)
where invoice_id != '' and (payment_intent_id != '' or charge_id != '')
