{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'schedule_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.subscription_schedules'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__subscription_schedules') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'subscription_schedules', 'subscription_schedule') }}
-- replaces
{{ is_named_in(scope, 'schedule_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'subscription_schedules',
        'subscription_schedule',
        'Tuple(
            created Int64,
            customer String,
            subscription String,
            status String,
            released_at Int64,
            canceled_at Int64,
            completed_at Int64
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as schedule_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.customer as customer_id,
    o.subscription as subscription_id,
    toLowCardinality(o.status) as status,
    is_deleted
from objects
