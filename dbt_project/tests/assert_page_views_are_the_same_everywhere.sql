-- Page views of pages are those of the day, and each is there by itself; those of sessions, by the day they start on, are those of devices and of
-- locations; and over all days sessions hold every page view that has a visitor.
with days as (
    select org_id, site_id, day, sum(rpt.page_views) as page_views
    from {{ ref('rpt_site_daily') }} as rpt
    group by org_id, site_id, day
    having page_views > 0
),

pages as (
    select org_id, site_id, day, sum(rpt.page_views) as page_views
    from {{ ref('rpt_page_daily') }} as rpt
    group by org_id, site_id, day
),

views as (
    select org_id, site_id, day, count() as page_views
    from {{ ref('fct_pageviews') }}
    where not is_bot
    group by org_id, site_id, day
),

sessions as (
    select org_id, site_id, sum(fct.page_views) as page_views
    from {{ ref('fct_sessions') }} as fct
    where not is_bot
    group by org_id, site_id
    having page_views > 0
),

devices as (
    select org_id, site_id, sum(rpt.page_views) as page_views
    from {{ ref('rpt_device_daily') }} as rpt
    group by org_id, site_id
    having page_views > 0
),

locations as (
    select org_id, site_id, sum(rpt.page_views) as page_views
    from {{ ref('rpt_location_daily') }} as rpt
    group by org_id, site_id
    having page_views > 0
),

views_with_visitor as (
    select org_id, site_id, count() as page_views
    from {{ ref('fct_pageviews') }}
    where not is_bot and visitor_id != ''
    group by org_id, site_id
)

select org_id, site_id from days where tuple(*) not in (select * from pages) or tuple(*) not in (select * from views)
union all
select org_id, site_id from pages where tuple(*) not in (select * from days)
union all
select org_id, site_id from views where tuple(*) not in (select * from days)
union all
select org_id, site_id from sessions
where tuple(*) not in (select * from devices)
    or tuple(*) not in (select * from locations)
    or tuple(*) not in (select * from views_with_visitor)
union all
select org_id, site_id from devices where tuple(*) not in (select * from sessions)
union all
select org_id, site_id from locations where tuple(*) not in (select * from sessions)
union all
select org_id, site_id from views_with_visitor where tuple(*) not in (select * from sessions)
