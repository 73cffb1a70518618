{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'path', 'device_type'],
        meta={'upstream': ['fct_pageviews']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_scroll_depth_daily') %}
{%- set keys = ['org_id', 'site_id', 'day', 'path'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_pageviews') }}
-- replaces
({{ keys | join(', ') }}) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    day,
    path,
    device_type,
    count() as page_views,
    countIf(scroll_depth >= 25) as reached_25,
    countIf(scroll_depth >= 50) as reached_50,
    countIf(scroll_depth >= 75) as reached_75,
    countIf(scroll_depth >= 90) as reached_90,
    countIf(scroll_depth >= 100) as reached_100,
    sum(toUInt64(scroll_depth)) as total_depth
from {{ ref('fct_pageviews') }}
where not is_bot and visitor_id != ''
    and {{ is_on_days(scope, 'occurred_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
group by org_id, site_id, day, path, device_type
