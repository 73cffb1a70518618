{{ config(order_by=['org_id', 'site_id', 'day', 'country', 'region', 'city']) }}

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
group by org_id, site_id, day, country, region, city
