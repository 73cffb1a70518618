{{ config(order_by=['org_id', 'site_id', 'hour', 'days_late']) }}

with events as (
    select
        org_id,
        site_id,
        received_at,
        toUInt32(intDiv(dateDiff('millisecond', occurred_at, received_at), 86400000)) as days_late
    from {{ ref('stg_events__events') }}
    where received_at >= occurred_at + interval 1 day
)

select
    org_id,
    site_id,
    toStartOfHour(received_at) as hour,
    days_late,
    count() as events
from events
group by org_id, site_id, hour, days_late
