{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(completed_at)',
        order_by=['org_id', 'site_id', 'goal_id', 'completed_at'],
        meta={'upstream': ['stg_events__receipts', 'fct_sessions', 'stg_control__goals', 'stg_control__sites']},
    )
}}
{%- set nothing = "toUUID('00000000-0000-0000-0000-000000000000')" %}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_goal_completions') %}
{%- set scoped_days = '(select arrayJoin(' ~ days_between('from_at', 'to_at') ~ ') from ' ~ scope ~ ')' %}
{{ plan.header }}
{%- if plan.is_scoped %}
with goals as (
    select org_id, site_id from {{ ref('stg_control__goals') }}
),

changed_events as (
    select org_id, site_id, visitor_id, occurred_at
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where not is_bot and not is_duplicate and (org_id, site_id) in goals
),

visitors as (
    select org_id, site_id, visitor_id, groupUniqArray(occurred_at) as changes
    from changed_events
    where visitor_id != ''
    group by org_id, site_id, visitor_id
),

-- Completions of who is another person now than when they were built.
renamed as (
    select session_id, completed_at
    from {{ this }}
    where visitor_id != ''
        and (org_id, site_id, visitor_id, person_id) not in (
            select org_id, site_id, visitor_id, person_id
            from {{ ref('int_visitors_resolved') }}
            where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ this }})
        )
),

changed_sites as (
    select org_id, site_id from {{ changes_of(plan, 'stg_control__goals') }}
    union distinct
    select org_id, site_id from {{ changes_of(plan, 'stg_control__sites') }}
    where (org_id, site_id) in goals
),

sessions as (
    select session_id, org_id, site_id, visitor_id, started_at, ended_at
    from {{ changes_of(plan, 'fct_sessions') }}
    where not is_bot and (org_id, site_id) in goals
    union distinct
    -- An event may be another while its session's figures stay the same.
    select session_id, org_id, site_id, visitor_id, started_at, ended_at
    from {{ ref('fct_sessions') }}
    inner join visitors using (org_id, site_id, visitor_id)
    where not is_bot
        and (
            toDate(started_at) in (select toDate(occurred_at) from changed_events)
            or toDate(ended_at) - toDate(started_at) > 0
        )
        and arrayExists(at -> at >= started_at and at <= ended_at, changes)
    union distinct
    select session_id, org_id, site_id, visitor_id, started_at, ended_at
    from {{ ref('fct_sessions') }}
    where not is_bot
        and (
            toDate(started_at) in (select toDate(completed_at) from renamed)
            or toDate(ended_at) - toDate(started_at) > 0
        )
        and session_id in (select session_id from renamed)
    union distinct
    select session_id, org_id, site_id, visitor_id, started_at, ended_at
    from {{ ref('fct_sessions') }}
    where not is_bot and (org_id, site_id) in changed_sites
)

select session_id, org_id, site_id, visitor_id, started_at as from_at, ended_at as to_at
from sessions
union distinct
select {{ nothing }} as session_id, org_id, site_id, visitor_id, occurred_at as from_at, occurred_at as to_at
from changed_events
where visitor_id = ''
union distinct
select {{ nothing }} as session_id, org_id, site_id, visitor_id, occurred_at as from_at, occurred_at as to_at
from {{ ref('stg_events__events') }}
where visitor_id = '' and user_id != '' and not is_bot and (org_id, site_id) in changed_sites
-- replaces
toDate(completed_at) in {{ scoped_days }}
    and (
        session_id in (select session_id from {{ scope }} where visitor_id != '')
        or visitor_id = '' and (org_id, site_id, completed_at)
        in (select org_id, site_id, from_at from {{ scope }} where visitor_id = '')
    )
-- rows
{%- endif %}
with goals as (
    select * from {{ ref('stg_control__goals') }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

-- Where nobody defined a goal, neither visitors nor sessions are joined to anything.
visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id) in (select org_id, site_id from goals)
        and {{ in_batch('sipHash64(visitor_id)') }}
{%- if plan.is_scoped %}
        and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ scope }})
{%- endif %}
),

sessions as (
    select org_id, site_id, visitor_id, session_id, started_at, ended_at, duration_seconds, page_views
    from {{ ref('fct_sessions') }}
    where not is_bot
        and (org_id, site_id) in (select org_id, site_id from goals)
        and {{ in_batch('sipHash64(visitor_id)') }}
{%- if plan.is_scoped %}
        and toDate(started_at) in (select toDate(from_at) from {{ scope }})
        and session_id in (select session_id from {{ scope }} where visitor_id != '')
{%- endif %}
),

events as (
    select org_id, site_id, visitor_id, user_id, id, event, occurred_at, path, url, properties
    from {{ ref('stg_events__events') }}
    where not is_bot
        and (visitor_id != '' or user_id != '')
        and (org_id, site_id, event) in (select org_id, site_id, event from goals where kind = 'event')
        and {{ in_batch('sipHash64(visitor_id)') }}
{%- if plan.is_scoped %}
        and toDate(occurred_at) in {{ scoped_days }}
        and (
            (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ scope }} where visitor_id != '')
            or visitor_id = '' and (org_id, site_id, occurred_at)
            in (select org_id, site_id, from_at from {{ scope }} where visitor_id = '')
        )
{%- endif %}
),

matching_events as (
    select
        goals.goal_id as goal_id,
        goals.is_once_per_session as is_once_per_session,
        events.org_id as org_id,
        events.site_id as site_id,
        events.visitor_id as visitor_id,
        events.user_id as user_id,
        events.id as event_id,
        events.occurred_at as completed_at,
        goals.value_property != ''
            and JSONType(events.properties, goals.value_property) in ('Int64', 'UInt64')
            -- A worth no sum could hold is none.
            and abs(JSONExtractFloat(events.properties, goals.value_property)) <= 1e15 as has_own_value,
        if(has_own_value, JSONExtractInt(events.properties, goals.value_property), goals.value) as value,
        if(
            has_own_value and JSONExtractString(events.properties, 'currency') != '',
            lower(JSONExtractString(events.properties, 'currency')),
            goals.currency
        ) as currency
    from events
    inner join goals
        on goals.org_id = events.org_id and goals.site_id = events.site_id and goals.event = events.event
    where goals.kind = 'event' and {{ passes('goals.conditions', 'events.') }}
),

-- A visitor's sessions do not overlap, so the last that began is the one an event lies in, if it is here.
placed_events as (
    select matching_events.*, sessions.session_id as session_id
    from matching_events
    asof left join sessions
        on sessions.org_id = matching_events.org_id
        and sessions.site_id = matching_events.site_id
        and sessions.visitor_id = matching_events.visitor_id
        and sessions.started_at <= matching_events.completed_at
    where matching_events.visitor_id = '' or matching_events.completed_at <= sessions.ended_at
),

by_event as (
    select org_id, site_id, goal_id, visitor_id, user_id, session_id, event_id, completed_at, value, currency
    from placed_events
    order by completed_at, UUIDToNum(event_id)
    limit 1 by org_id, site_id, goal_id, if(is_once_per_session and visitor_id != '', session_id, event_id)
),

by_session as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        goals.goal_id as goal_id,
        sessions.visitor_id as visitor_id,
        '' as user_id,
        sessions.session_id as session_id,
        {{ nothing }} as event_id,
        sessions.ended_at as completed_at,
        goals.value as value,
        goals.currency as currency
    from sessions
    inner join goals on goals.org_id = sessions.org_id and goals.site_id = sessions.site_id
    where (goals.kind = 'duration' and sessions.duration_seconds > goals.more_than)
        or (goals.kind = 'pages' and sessions.page_views > goals.more_than)
),

completions as (
    select * from by_event
    union all
    select * from by_session
)

select
    reinterpretAsUUID(
        sipHash128(
            completions.org_id,
            completions.site_id,
            completions.goal_id,
            if(empty(completions.event_id), completions.session_id, completions.event_id)
        )
    ) as completion_id,
    completions.org_id as org_id,
    completions.site_id as site_id,
    completions.goal_id as goal_id,
    {{ local_day('completions.completed_at', 'sites.timezone') }} as day,
    completions.completed_at as completed_at,
    if(
        completions.visitor_id != '',
        visitors.person_id,
        {{ person_id('completions.user_id', org_id='completions.org_id', site_id='completions.site_id') }}
    ) as person_id,
    completions.visitor_id as visitor_id,
    completions.session_id as session_id,
    completions.event_id as event_id,
    completions.value as value,
    toLowCardinality(completions.currency) as currency
from completions
left join visitors
    on visitors.org_id = completions.org_id
    and visitors.site_id = completions.site_id
    and visitors.visitor_id = completions.visitor_id
left join sites on sites.org_id = completions.org_id and sites.site_id = completions.site_id
