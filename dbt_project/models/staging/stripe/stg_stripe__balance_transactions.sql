{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'balance_transaction_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.balance_transactions'],
            'logged': ['org_id', 'site_id', 'balance_transaction_id', 'created_at'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__balance_transactions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'balance_transactions', 'balance_transaction') }}
-- replaces
{{ is_named_in(scope, 'balance_transaction_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'balance_transactions',
        'balance_transaction',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            fee Int64,
            net Int64,
            source String,
            type String,
            reporting_category String,
            available_on Int64,
            exchange_rate String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as balance_transaction_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    toLowCardinality(o.type) as type,
    toLowCardinality(o.reporting_category) as reporting_category,
    o.source as source_id,
    o.amount as amount,
    o.fee as fee,
    o.net as net,
    toLowCardinality(o.currency) as currency,
    o.exchange_rate as exchange_rate,
    toDateTime64(o.available_on, 3, 'UTC') as available_at,
    is_deleted
from objects
