-- Every session has exactly one channel: by site and day, sessions of all channels are the sessions.
with channels as (
    select org_id, site_id, day, sum(rpt.sessions) as sessions
    from {{ ref('rpt_source_daily') }} as rpt
    group by org_id, site_id, day
),

sessions as (
    select org_id, site_id, day, count() as sessions
    from {{ ref('fct_sessions') }}
    where not is_bot
    group by org_id, site_id, day
)

select * from sessions where tuple(*) not in (select * from channels)
union all
select * from channels where tuple(*) not in (select * from sessions)
