{{ config(order_by=['org_id', 'site_id', 'day', 'path']) }}

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
group by org_id, site_id, day, path
