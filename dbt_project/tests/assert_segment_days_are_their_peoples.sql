-- What segments did in all is what each of their people did, looked up one by one, and no member is unknown.
with members as (
    select org_id, site_id, segment_id, person_id from {{ ref('fct_segment_members') }}
),

visitors as (
    select members.org_id as org_id, members.site_id as site_id, members.segment_id as segment_id, visitor_id
    from {{ ref('int_visitors_resolved') }} as resolved
    inner join members
        on members.org_id = resolved.org_id
        and members.site_id = resolved.site_id
        and members.person_id = resolved.person_id
),

sessions as (
    select
        visitors.org_id as org_id,
        visitors.site_id as site_id,
        visitors.segment_id as segment_id,
        count() as sessions,
        sum(toUInt64(fct.page_views)) as page_views
    from {{ ref('fct_sessions') }} as fct
    inner join visitors
        on visitors.org_id = fct.org_id and visitors.site_id = fct.site_id and visitors.visitor_id = fct.visitor_id
    where not fct.is_bot and (fct.org_id, fct.site_id) in (select org_id, site_id from members)
    group by org_id, site_id, segment_id
),

completions as (
    select
        members.org_id as org_id,
        members.site_id as site_id,
        members.segment_id as segment_id,
        count() as completions
    from {{ ref('fct_goal_completions') }} as fct
    inner join members
        on members.org_id = fct.org_id and members.site_id = fct.site_id and members.person_id = fct.person_id
    group by org_id, site_id, segment_id
),

parts as (
    select
        org_id,
        site_id,
        segment_id,
        toInt64(sessions.sessions) as sessions,
        toInt64(sessions.page_views) as page_views,
        toInt64(0) as completions
    from sessions
    union all
    select
        org_id,
        site_id,
        segment_id,
        toInt64(0) as sessions,
        toInt64(0) as page_views,
        toInt64(completions.completions) as completions
    from completions
    union all
    select
        org_id,
        site_id,
        segment_id,
        -toInt64(rpt.sessions) as sessions,
        -toInt64(rpt.page_views) as page_views,
        -toInt64(rpt.goal_completions) as completions
    from {{ ref('rpt_segment_daily') }} as rpt
)

select
    org_id,
    site_id,
    segment_id,
    sum(parts.sessions) as sessions,
    sum(parts.page_views) as page_views,
    sum(parts.completions) as completions
from parts
group by org_id, site_id, segment_id
having sessions != 0 or page_views != 0 or completions != 0

union all

select org_id, site_id, segment_id, toInt64(1) as sessions, toInt64(0) as page_views, toInt64(0) as completions
from members
where (org_id, site_id, person_id) not in (select org_id, site_id, person_id from {{ ref('dim_people') }})
