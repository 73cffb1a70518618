{{ config(order_by=['org_id', 'site_id', 'schedule_id']) }}

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
        )'
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
