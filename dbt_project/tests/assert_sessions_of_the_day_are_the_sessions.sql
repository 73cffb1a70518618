-- Every session is in exactly one day of its site, with its durations and its bots.
with days as (
    select
        org_id,
        site_id,
        sum(rpt.sessions) as sessions,
        sum(rpt.bounces) as bounces,
        sum(rpt.new_visitors) as new_visitors,
        sum(rpt.total_duration_seconds) as duration_seconds,
        sum(rpt.bot_sessions) as bot_sessions
    from {{ ref('rpt_site_daily') }} as rpt
    group by org_id, site_id
),

sessions as (
    select
        org_id,
        site_id,
        countIf(not is_bot) as sessions,
        countIf(is_bounce and not is_bot) as bounces,
        uniqExactIf(visitor_id, not is_bot) as new_visitors,
        sumIf(fct.duration_seconds, not is_bot) as duration_seconds,
        countIf(is_bot) as bot_sessions
    from {{ ref('fct_sessions') }} as fct
    group by org_id, site_id
)

select * from sessions where tuple(*) not in (select * from days)
union all
select * from days
where sessions + bounces + new_visitors + bot_sessions > 0 and tuple(*) not in (select * from sessions)
