{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'checkout_session_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.checkout_sessions'],
            'logged': ['org_id', 'site_id', 'payment_intent_id', 'invoice_id', 'subscription_id', 'customer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__checkout_sessions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'checkout_sessions', 'checkout.session') }}
-- replaces
{{ is_named_in(scope, 'checkout_session_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'checkout_sessions',
        'checkout.session',
        'Tuple(
            created Int64,
            client_reference_id String,
            customer String,
            subscription String,
            invoice String,
            payment_intent String,
            mode String,
            payment_status String,
            status String,
            metadata Map(String, String),
            customer_details Tuple(email String)
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as checkout_session_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.client_reference_id as client_reference_id,
    o.customer as customer_id,
    o.subscription as subscription_id,
    o.invoice as invoice_id,
    o.payment_intent as payment_intent_id,
    toLowCardinality(o.mode) as mode,
    toLowCardinality(o.status) as status,
    o.metadata as metadata,
    is_deleted
from objects
