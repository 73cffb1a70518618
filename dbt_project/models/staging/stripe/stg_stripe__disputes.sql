{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'dispute_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.disputes'],
            'logged': ['org_id', 'site_id', 'dispute_id', 'charge_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__disputes') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'disputes', 'dispute') }}
-- replaces
{{ is_named_in(scope, 'dispute_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'disputes',
        'dispute',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            charge String,
            payment_intent String,
            status String,
            reason String,
            balance_transactions Array(Tuple(id String, amount Int64, currency String, created Int64, fee Int64, reporting_category String))
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as dispute_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.charge as charge_id,
    toLowCardinality(o.status) as status,
    toLowCardinality(o.reason) as reason,
    o.amount as amount,
    toLowCardinality(o.currency) as currency,
    o.balance_transactions as balance_transactions,
    is_deleted
from objects
