{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'path', 'device_type'],
        meta={'upstream': ['fct_pageviews']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_scroll_depth_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, day
from {{ changes_of(plan, 'fct_pageviews') }}
where not is_bot
-- replaces
(org_id, site_id, day) in {{ scope }}
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
{%- if plan.is_scoped %}
    and toDate(occurred_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
    and (org_id, site_id, day) in {{ scope }}
{%- endif %}
group by org_id, site_id, day, path, device_type
