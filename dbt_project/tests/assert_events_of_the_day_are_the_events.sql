-- Every counted event is in exactly one day of its site, and every event of a visitor in exactly one session.
with staged as (
    select
        org_id,
        site_id,
        countIf(not is_bot) as events,
        countIf({{ is_page_view() }} and not is_bot) as page_views,
        countIf(is_bot) as bot_events
    from {{ ref('stg_events__events') }}
    group by org_id, site_id
),

days as (
    select
        org_id,
        site_id,
        sum(rpt.events) as events,
        sum(rpt.page_views) as page_views,
        sum(rpt.bot_events) as bot_events
    from {{ ref('rpt_site_daily') }} as rpt
    group by org_id, site_id
),

visitors as (
    select org_id, site_id, is_bot, count() as events
    from {{ ref('stg_events__events') }}
    where visitor_id != ''
    group by org_id, site_id, is_bot
),

sessions as (
    select org_id, site_id, is_bot, sum(fct.events) as events
    from {{ ref('fct_sessions') }} as fct
    group by org_id, site_id, is_bot
)

select org_id, site_id from staged where tuple(*) not in (select * from days)
union all
select org_id, site_id from days where tuple(*) not in (select * from staged)
union all
select org_id, site_id from visitors where tuple(*) not in (select * from sessions)
union all
select org_id, site_id from sessions where tuple(*) not in (select * from visitors)
