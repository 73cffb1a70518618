{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'charge_id'],
        indexes=[
            {'name': 'payment_intent_id', 'definition': 'payment_intent_id type minmax granularity 1'},
            {'name': 'balance_transaction_id', 'definition': 'balance_transaction_id type minmax granularity 1'},
        ],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.charges'],
            'logged': ['org_id', 'site_id', 'charge_id', 'customer_id', 'invoice_id', 'payment_intent_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__charges') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'charges', 'charge') }}
-- replaces
{{ is_named_in(scope, 'charge_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'charges',
        'charge',
        'Tuple(
            created Int64,
            amount Int64,
            amount_captured Int64,
            amount_refunded Int64,
            currency String,
            customer String,
            invoice String,
            payment_intent String,
            balance_transaction String,
            failure_balance_transaction String,
            status String,
            captured Bool,
            metadata Map(String, String),
            billing_details Tuple(email String),
            receipt_email String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as charge_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.customer as customer_id,
    o.invoice as invoice_id,
    o.payment_intent as payment_intent_id,
    o.balance_transaction as balance_transaction_id,
    o.failure_balance_transaction as failure_balance_transaction_id,
    toLowCardinality(o.status) as status,
    o.captured as is_captured,
    if(o.amount_captured > 0 or not o.captured, o.amount_captured, o.amount) as amount,
    o.amount_refunded as amount_refunded,
    toLowCardinality(o.currency) as currency,
    if(coalesce(nullIf(o.billing_details.email, ''), o.receipt_email) = '', '', lower(hex(SHA256(lower(trim(coalesce(nullIf(o.billing_details.email, ''), o.receipt_email))))))) as email_hash,
    o.metadata as metadata,
    is_deleted
from objects
