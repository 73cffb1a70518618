{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'payout_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.payouts'],
            'logged': ['org_id', 'site_id', 'payout_id', 'created_at'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__payouts') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'payouts', 'payout') }}
-- replaces
{{ is_named_in(scope, 'payout_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'payouts',
        'payout',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            arrival_date Int64,
            automatic Bool,
            status String,
            type String,
            balance_transaction String,
            failure_balance_transaction String,
            reconciliation_status String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as payout_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    toLowCardinality(o.status) as status,
    o.automatic as is_automatic,
    o.amount as amount,
    toLowCardinality(o.currency) as currency,
    o.balance_transaction as balance_transaction_id,
    toDateTime64(o.arrival_date, 3, 'UTC') as arrives_at,
    is_deleted
from objects
