-- Every counted event is in exactly one day of its site, and every event of a visitor in exactly one session.
with staged as (
    select
        org_id,
        site_id,
        countIf(not is_bot) as events,
        countIf({{ is_page_view() }} and not is_bot) as page_views,
        countIf(is_bot) as bot_events,
        countIf(visitor_id != '') as sessionized_events
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

sessions as (
    select org_id, site_id, sum(fct.events) as events
    from {{ ref('fct_sessions') }} as fct
    group by org_id, site_id
)

select staged.org_id, staged.site_id
from staged
left join days on days.org_id = staged.org_id and days.site_id = staged.site_id
left join sessions on sessions.org_id = staged.org_id and sessions.site_id = staged.site_id
where (staged.events, staged.page_views, staged.bot_events) != (days.events, days.page_views, days.bot_events)
    or staged.sessionized_events != sessions.events
