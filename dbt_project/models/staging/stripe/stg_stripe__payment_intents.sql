{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'payment_intent_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.payment_intents'],
            'logged': ['org_id', 'site_id', 'payment_intent_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__payment_intents') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'payment_intents', 'payment_intent') }}
-- replaces
{{ is_named_in(scope, 'payment_intent_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'payment_intents',
        'payment_intent',
        'Tuple(
            created Int64,
            customer String,
            invoice String,
            status String,
            amount_received Int64,
            currency String,
            latest_charge String,
            metadata Map(String, String),
            receipt_email String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as payment_intent_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.customer as customer_id,
    toLowCardinality(o.status) as status,
    o.latest_charge as latest_charge_id,
    o.metadata as metadata,
    is_deleted
from objects
