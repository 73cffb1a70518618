{{ config(order_by=['org_id', 'hour', 'metric']) }}

with events as (
    select org_id, occurred_at, event, properties
    from {{ ref('stg_events__events') }}
    where not is_bot
)

select
    org_id,
    toStartOfHour(toDateTime(occurred_at, 'UTC')) as hour,
    event as metric,
    count() as events,
    sum({{ event_quantity() }}) as quantity
from events
group by org_id, hour, metric
