{{
    config(
        materialized='partitions',
        partition_by=partition_of('converted_at'),
        order_by=['org_id', 'site_id', 'converted_at', 'conversion_id', 'position'],
        meta={
            'upstream': [
                'fct_goal_completions', 'fct_revenue_events', 'int_sessions_channeled', 'int_visitors_resolved',
                'stg_control__goals',
            ],
            'logged': ['org_id', 'site_id', 'conversion_id', 'converted_at'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_touchpoints') %}
{%- set conversions_in_scope -%}
    toDate(converted_at) in (select toDate(converted_at) from {{ scope }})
        and (org_id, site_id, converted_at, conversion_id) in (
            select org_id, site_id, converted_at, conversion_id from {{ scope }}
        )
{%- endset %}
{%- set people_in_scope -%}
    {{ is_named_in(scope, 'person_id') }}
{%- endset %}
{%- set in_batch_of_people = in_batch('cityHash64(person_id)') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Conversions that changed, those of people who gained or lost a visitor, and those that a changed session may have touched.
with conversions as (
    select org_id, site_id, person_id, conversion_id, converted_at, lookback_days from {{ ref('fct_conversions') }}
),

visitors as materialized (
    select org_id, site_id, visitor_id, min(started_at) as since, max(started_at) as until
    from {{ changes_of(plan, 'int_sessions_channeled') }}
    where not is_bot
    group by org_id, site_id, visitor_id
),

people as materialized (
    select resolved.org_id as org_id, resolved.site_id as site_id, person_id, min(since) as since, max(until) as until
    from {{ ref('int_visitors_resolved') }} as resolved
    inner join visitors using (org_id, site_id, visitor_id)
    where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from visitors)
    group by org_id, site_id, person_id
)

select org_id, site_id, person_id, completion_id as conversion_id, completed_at as converted_at
from {{ changes_of(plan, 'fct_goal_completions') }}
union distinct
select org_id, site_id, person_id, conversion_id, occurred_at as converted_at
from {{ changes_of(plan, 'fct_revenue_events') }}
union distinct
select org_id, site_id, person_id, conversion_id, converted_at
from conversions
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__goals']) }}
    or (org_id, site_id, person_id) in {{ moved_people(plan) }}
union distinct
select org_id, site_id, person_id, conversion_id, converted_at
from conversions
inner join people using (org_id, site_id, person_id)
where converted_at >= (select min(since) from people)
    and (org_id, site_id, person_id) in (select org_id, site_id, person_id from people)
    and converted_at >= since
    and converted_at <= until + toIntervalDay(lookback_days)
-- replaces
{{ conversions_in_scope }}
-- rows
{%- endif %}
with visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ people_in_scope if plan.is_scoped else in_batch_of_people }}
),

conversions as (
    select *
    from {{ ref('fct_conversions') }}
    where {{ conversions_in_scope if plan.is_scoped else in_batch_of_people }}
),

-- One sorted array of a person's sessions, searched for each conversion, keeps the join at conversions × people.
people as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        visitors.person_id as person_id,
        arraySort(
            s -> (s.started_at, UUIDToNum(s.session_id)),
            groupArray(
                (
                    sessions.started_at,
                    sessions.session_id,
                    sessions.channel,
                    sessions.source,
                    sessions.medium,
                    sessions.campaign
                )::Tuple(
                    started_at DateTime64(3, 'UTC'),
                    session_id UUID,
                    channel String,
                    source String,
                    medium String,
                    campaign String
                )
            )
        ) as history
    from {{ ref('int_sessions_channeled') }} as sessions
    inner join visitors
        on visitors.org_id = sessions.org_id
        and visitors.site_id = sessions.site_id
        and visitors.visitor_id = sessions.visitor_id
    where not sessions.is_bot
        and (sessions.org_id, sessions.site_id, sessions.visitor_id) in (select org_id, site_id, visitor_id from visitors)
{%- if plan.is_scoped %}
        and sessions.started_at <= (select max(converted_at) from {{ scope }})
        and sessions.started_at >= (select min(converted_at) from {{ scope }})
            - toIntervalDay((select max(lookback_days) from conversions))
{%- endif %}
    group by org_id, site_id, person_id
),

touched as (
    select
        conversions.conversion_id as conversion_id,
        conversions.org_id as org_id,
        conversions.site_id as site_id,
        conversions.converted_at as converted_at,
        arrayFilter(
            s -> s.started_at <= conversions.converted_at
                and s.started_at >= conversions.converted_at - toIntervalDay(conversions.lookback_days),
            people.history
        ) as touches
    from conversions
    inner join people
        on people.org_id = conversions.org_id
        and people.site_id = conversions.site_id
        and people.person_id = conversions.person_id
)

select
    conversion_id,
    org_id,
    site_id,
    converted_at,
    toUInt32(number) as position,
    toUInt32(length(touches)) as touches_in_all,
    touch.session_id as session_id,
    touch.started_at as touched_at,
    toLowCardinality(touch.channel) as channel,
    toLowCardinality(touch.source) as source,
    toLowCardinality(touch.medium) as medium,
    toLowCardinality(touch.campaign) as campaign,
    (touch.source = '(direct)')::Bool as is_direct
from touched
array join touches as touch, arrayEnumerate(touches) as number
