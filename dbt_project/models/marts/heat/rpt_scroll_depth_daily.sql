{{ config(order_by=['org_id', 'site_id', 'day', 'path', 'device_type']) }}

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
group by org_id, site_id, day, path, device_type
