{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(hour)',
        order_by=['org_id', 'hour', 'metric'],
        meta={'upstream': ['stg_events__receipts']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_hourly_usage') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, toStartOfHour(toDateTime(occurred_at, 'UTC')) as hour
from {{ changes_of(plan, 'stg_events__receipts') }}
where not is_bot and not is_duplicate
-- replaces
(org_id, hour) in {{ scope }}
-- rows
{%- endif %}
with events as (
    select org_id, occurred_at, event, properties
    from {{ ref('stg_events__events') }}
    where not is_bot
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select toDate(hour) from {{ scope }})
        and (org_id, toStartOfHour(toDateTime(occurred_at, 'UTC'))) in {{ scope }}
{%- endif %}
)

select
    org_id,
    toStartOfHour(toDateTime(occurred_at, 'UTC')) as hour,
    event as metric,
    count() as events,
    sum({{ event_quantity() }}) as quantity
from events
group by org_id, hour, metric
