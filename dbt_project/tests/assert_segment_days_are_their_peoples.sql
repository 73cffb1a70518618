-- What segments did in all is what each of their people did, looked up one by one, and no member is unknown.
with sessions as (
    select members.org_id as org_id, members.site_id as site_id, members.segment_id as segment_id,
        count() as sessions, sum(toUInt64(fct.page_views)) as page_views
    from {{ ref('fct_sessions') }} as fct
    inner join {{ ref('int_visitors_resolved') }} as visitors
        on visitors.org_id = fct.org_id and visitors.site_id = fct.site_id and visitors.visitor_id = fct.visitor_id
    inner join {{ ref('fct_segment_members') }} as members
        on members.org_id = fct.org_id and members.site_id = fct.site_id and members.person_id = visitors.person_id
    where not fct.is_bot
    group by org_id, site_id, segment_id
),

completions as (
    select members.org_id as org_id, members.site_id as site_id, members.segment_id as segment_id, count() as completions
    from {{ ref('fct_goal_completions') }} as fct
    inner join {{ ref('fct_segment_members') }} as members
        on members.org_id = fct.org_id and members.site_id = fct.site_id and members.person_id = fct.person_id
    group by org_id, site_id, segment_id
),

parts as (
    select org_id, site_id, segment_id, toInt64(sessions) as sessions, toInt64(page_views) as page_views,
        toInt64(0) as completions
    from sessions
    union all
    select org_id, site_id, segment_id, 0, 0, toInt64(completions) from completions
    union all
    select org_id, site_id, segment_id, -toInt64(sessions), -toInt64(page_views), -toInt64(goal_completions)
    from {{ ref('rpt_segment_daily') }}
)

select org_id, site_id, segment_id, sum(parts.sessions) as sessions, sum(parts.page_views) as page_views,
    sum(parts.completions) as completions
from parts
group by org_id, site_id, segment_id
having sessions != 0 or page_views != 0 or completions != 0

union all

select org_id, site_id, segment_id, 1, 0, 0
from {{ ref('fct_segment_members') }}
where (org_id, site_id, person_id) not in (select org_id, site_id, person_id from {{ ref('dim_people') }})
