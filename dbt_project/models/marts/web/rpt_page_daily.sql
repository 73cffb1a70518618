{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'path'],
        meta={'upstream': ['fct_pageviews']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_page_daily') %}
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
    count() as page_views,
    uniqExactIf(visitor_id, visitor_id != '') as visitors,
    uniqExactIf(session_id, visitor_id != '') as sessions,
    countIf(is_entry) as entries,
    countIf(is_exit) as exits,
    sum(fct.seconds_on_page) as total_seconds_on_page,
    sum(toUInt64(fct.scroll_depth)) as total_scroll_depth,
    countIf(fct.scroll_depth > 0) as scrolled_views
from {{ ref('fct_pageviews') }} as fct
where not is_bot
    and {{ is_on_days(scope, 'occurred_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
group by org_id, site_id, day, path
