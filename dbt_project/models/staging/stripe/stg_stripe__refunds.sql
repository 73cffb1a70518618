{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'refund_id'],
        indexes=[
            {'name': 'balance_transaction_id', 'definition': 'balance_transaction_id type minmax granularity 1'},
        ],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.refunds'],
            'logged': ['org_id', 'site_id', 'refund_id', 'charge_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__refunds') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'refunds', 'refund') }}
-- replaces
{{ is_named_in(scope, 'refund_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'refunds',
        'refund',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            charge String,
            payment_intent String,
            balance_transaction String,
            failure_balance_transaction String,
            status String,
            reason String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as refund_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.charge as charge_id,
    o.payment_intent as payment_intent_id,
    o.balance_transaction as balance_transaction_id,
    o.failure_balance_transaction as failure_balance_transaction_id,
    toLowCardinality(o.status) as status,
    toLowCardinality(o.reason) as reason,
    o.amount as amount,
    toLowCardinality(o.currency) as currency,
    is_deleted
from objects
