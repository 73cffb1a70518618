{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(completed_at)',
        order_by=['org_id', 'site_id', 'goal_id', 'completed_at'],
        meta={
            'upstream': [
                'stg_events__receipts', 'int_sessions_dated', 'int_visitors_resolved', 'stg_control__goals', 'stg_control__sites',
            ],
            'logged': ['org_id', 'site_id', 'person_id', 'completion_id', 'completed_at', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_goal_completions') %}
{%- set definitions = ['stg_control__goals', 'stg_control__sites'] %}
{%- set in_batch_of_visitors = in_batch('cityHash64(visitor_id)') %}
{%- set changed = '(select * from ' ~ scope ~ ' where not is_moved)' %}
{%- set events_in_scope -%}
    {{ is_in_sessions(changed) }} and (visitor_id != '' or {{ is_moment_of(changed, 'occurred_at') }})
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Of a visitor who stands for another person now, the other sessions are in it too, and nothing of them is made anew.
select *, false as is_moved
from (
    {{ changed_sessions(plan, definitions) }}
    union distinct
    {{ changed_moments(plan, definitions, "user_id != '' and not is_bot") }}
)
union all
select org_id, site_id, visitor_id, is_bot, session_id, started_at as from_at, ended_at as to_at, true as is_moved
from {{ relation_of('int_sessions_dated') }}
where (select count() from {{ moved_visitors(plan) }}) > 0
    and (org_id, site_id, visitor_id) in {{ moved_visitors(plan) }}
    and session_id not in (select session_id from {{ changes_of(plan, 'int_sessions_dated') }})
    and (org_id, site_id) not in {{ changed_sites(plan, definitions) }}
-- replaces
toDate(completed_at) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope }})
    and (
        visitor_id != '' and session_id in (select session_id from {{ scope }})
        or {{ is_moment_of(scope, 'completed_at') }}
    )
-- rows
{%- endif %}
with goals as (
    select * from {{ ref('stg_control__goals') }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ is_visitor_of(scope) if plan.is_scoped else in_batch_of_visitors }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

sessions as (
    select org_id, site_id, visitor_id, session_id, started_at, ended_at, duration_seconds, page_views
    from {{ ref('int_sessions_dated') }}
    where not is_bot
        and {{ is_session_of(changed) if plan.is_scoped else in_batch_of_visitors }}
),

matching_events as (
    select
        goals.goal_id as goal_id,
        goals.is_once_per_session as is_once_per_session,
        events.org_id as org_id,
        events.site_id as site_id,
        events.visitor_id as visitor_id,
        events.person_id as person_id,
        events.id as event_id,
        events.occurred_at as completed_at,
        goals.value_property != ''
            and {{ is_amount('goals.value_property', 'events.properties') }} as has_own_value,
        if(has_own_value, JSONExtractInt(events.properties, goals.value_property), goals.value) as value,
        if(
            has_own_value and JSONExtractString(events.properties, 'currency') != '',
            lower(JSONExtractString(events.properties, 'currency')),
            goals.currency
        ) as currency
    from {{ events_attributed(
        plan,
        events_in_scope if plan.is_scoped else in_batch_of_visitors,
        is_visitor_of(changed) if plan.is_scoped else in_batch_of_visitors
    ) }} as events
    inner join goals
        on goals.org_id = events.org_id and goals.site_id = events.site_id and goals.event = events.event
    where goals.kind = 'event' and {{ passes('goals.conditions', 'events.') }}
),

-- A visitor's sessions do not overlap, so the last that began is the one an event lies in.
placed_events as (
    select matching_events.*, sessions.session_id as session_id
    from matching_events
    asof left join sessions
        on sessions.org_id = matching_events.org_id
        and sessions.site_id = matching_events.site_id
        and sessions.visitor_id = matching_events.visitor_id
        and sessions.started_at <= matching_events.completed_at
{%- if plan.is_scoped %}
    -- Other sessions of the same days are none of this build's. None at all ends at the first instant of 1970.
    where matching_events.visitor_id = ''
        or sessions.visitor_id != '' and matching_events.completed_at <= sessions.ended_at
{%- endif %}
),

by_event as (
    select org_id, site_id, goal_id, visitor_id, person_id, session_id, event_id, completed_at, value, currency
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
        visitors.person_id as person_id,
        sessions.session_id as session_id,
        toUUID('00000000-0000-0000-0000-000000000000') as event_id,
        sessions.ended_at as completed_at,
        goals.value as value,
        goals.currency as currency
    from sessions
    inner join goals on goals.org_id = sessions.org_id and goals.site_id = sessions.site_id
    inner join visitors
        on visitors.org_id = sessions.org_id
        and visitors.site_id = sessions.site_id
        and visitors.visitor_id = sessions.visitor_id
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
    completions.person_id as person_id,
    completions.visitor_id as visitor_id,
    completions.session_id as session_id,
    completions.event_id as event_id,
    completions.value as value,
    toLowCardinality(completions.currency) as currency
from completions
left join sites on sites.org_id = completions.org_id and sites.site_id = completions.site_id
{%- if plan.is_scoped %}
union all
select
    moved.completion_id as completion_id,
    moved.org_id as org_id,
    moved.site_id as site_id,
    moved.goal_id as goal_id,
    moved.day as day,
    moved.completed_at as completed_at,
    visitors.person_id as person_id,
    moved.visitor_id as visitor_id,
    moved.session_id as session_id,
    moved.event_id as event_id,
    moved.value as value,
    moved.currency as currency
from (
    select *
    from {{ replaced_of('fct_goal_completions') }}
    where session_id in (select session_id from {{ scope }} where is_moved)
) as moved
inner join visitors
    on visitors.org_id = moved.org_id and visitors.site_id = moved.site_id and visitors.visitor_id = moved.visitor_id
{%- endif %}
