{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'segment_id', 'day'],
        meta={
            'upstream': ['fct_segment_members', 'fct_sessions', 'fct_goal_completions', 'int_visitors_resolved'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_segment_daily') %}
{%- set keys = ['org_id', 'site_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Days on which something happened, and all those of whoever came or went, or of a visitor who stands for another.
with moved as materialized (
    select org_id, site_id, person_id from {{ changes_of(plan, 'fct_segment_members') }}
)

select org_id, site_id, day
from (
    select org_id, site_id, day from {{ changes_of(plan, 'fct_sessions') }} where not is_bot
    union distinct
    select org_id, site_id, day from {{ changes_of(plan, 'fct_goal_completions') }}
    union distinct
    select org_id, site_id, day
    from {{ ref('fct_sessions') }}
    where not is_bot and (org_id, site_id, visitor_id) in {{ moved_visitors(plan) }}
)
where (org_id, site_id) in (
    select org_id, site_id from {{ ref('fct_segment_members') }}
    union distinct
    select org_id, site_id from moved
)
union distinct
select org_id, site_id, day
from {{ ref('fct_sessions') }}
where not is_bot
    and (org_id, site_id, visitor_id) in (
        select org_id, site_id, visitor_id
        from {{ ref('int_visitors_resolved') }}
        where {{ is_named_in('moved', 'person_id') }}
    )
union distinct
select org_id, site_id, day
from {{ ref('fct_goal_completions') }}
where {{ is_named_in('moved', 'person_id') }}
-- replaces
({{ keys | join(', ') }}) in {{ scope }}
-- rows
{%- endif %}
with sessions as (
    select org_id, site_id, visitor_id, day, page_views
    from {{ ref('fct_sessions') }}
    where not is_bot
        and (org_id, site_id) in (select org_id, site_id from {{ ref('fct_segment_members') }})
        and {{ is_on_days(scope, 'started_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ is_named_in('sessions', 'visitor_id') }}
),

parts as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        sessions.day as day,
        visitors.person_id as person_id,
        1 as sessions,
        toUInt64(sessions.page_views) as page_views,
        0 as completions
    from sessions
    inner join visitors
        on visitors.org_id = sessions.org_id
        and visitors.site_id = sessions.site_id
        and visitors.visitor_id = sessions.visitor_id
    union all
    select org_id, site_id, day, person_id, 0 as sessions, 0 as page_views, 1 as completions
    from {{ ref('fct_goal_completions') }}
    where (org_id, site_id) in (select org_id, site_id from {{ ref('fct_segment_members') }})
        and {{ is_on_days(scope, 'completed_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
),

by_person as materialized (
    select
        org_id,
        site_id,
        day,
        person_id,
        sum(parts.sessions) as sessions,
        sum(parts.page_views) as page_views,
        sum(parts.completions) as completions
    from parts
    group by org_id, site_id, day, person_id
),

-- Who was active on a few days is few of all members.
members as (
    select org_id, site_id, person_id, groupArray(segment_id) as segment_ids
    from {{ ref('fct_segment_members') }}
    where {{ is_named_in('by_person', 'person_id') }}
    group by org_id, site_id, person_id
)

select
    by_person.org_id as org_id,
    by_person.site_id as site_id,
    segment_id,
    by_person.day as day,
    count() as people,
    sum(by_person.sessions) as sessions,
    sum(by_person.page_views) as page_views,
    sum(by_person.completions) as goal_completions
from by_person
inner join members
    on members.org_id = by_person.org_id
    and members.site_id = by_person.site_id
    and members.person_id = by_person.person_id
array join members.segment_ids as segment_id
group by org_id, site_id, segment_id, day
