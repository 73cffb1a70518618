{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'day', 'metric'],
        meta={'upstream': ['stg_events__receipts'], 'logged': ['org_id', 'day', 'metric']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_daily_usage') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, toDate(occurred_at) as day
from {{ changes_of(plan, 'stg_events__receipts') }}
where not is_bot and not is_duplicate
-- replaces
(org_id, day) in {{ scope }}
-- rows
{%- endif %}
with events as (
    select org_id, occurred_at, event, properties
    from {{ ref('stg_events__events') }}
    where not is_bot
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select day from {{ scope }})
        and (org_id, toDate(occurred_at)) in {{ scope }}
{%- endif %}
)

select
    org_id,
    toDate(occurred_at) as day,
    event as metric,
    count() as events,
    sum({{ event_quantity() }}) as quantity
from events
group by org_id, day, metric
