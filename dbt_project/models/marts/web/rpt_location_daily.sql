{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'country', 'region', 'city'],
        meta={'upstream': ['fct_sessions']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_location_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, day
from {{ changes_of(plan, 'fct_sessions') }}
where not is_bot
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    day,
    country,
    region,
    city,
    count() as sessions,
    uniqExact(visitor_id) as visitors,
    countIf(is_new_visitor) as new_visitors,
    countIf(is_bounce) as bounces,
    countIf(is_engaged) as engaged_sessions,
    sum(toUInt64(fct.page_views)) as page_views,
    sum(fct.duration_seconds) as total_duration_seconds
from {{ ref('fct_sessions') }} as fct
where not is_bot
{%- if plan.is_scoped %}
    and toDate(started_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
    and (org_id, site_id, day) in {{ scope }}
{%- endif %}
group by org_id, site_id, day, country, region, city
