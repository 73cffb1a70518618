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
with conversions as (
    select org_id, site_id, person_id, conversion_id, converted_at, lookback_days
    from {{ ref('fct_conversions') }}
    where {{ conversions_in_scope if plan.is_scoped else in_batch_of_people }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ people_in_scope if plan.is_scoped else in_batch_of_people }}
{%- if not plan.is_scoped %}
        and person_id in (select person_id from conversions)
{%- endif %}
),

-- Of those who converted, one sorted array of sessions each. `whom` is a person on a site: joined by one number and not by
-- three columns, 400,000 touches take 0.2 s less.
people as materialized (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        visitors.person_id as person_id,
        sipHash128(site_id, person_id) as whom,
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
{%- if plan.is_scoped %}
        and (sessions.org_id, sessions.site_id, sessions.visitor_id) in (select org_id, site_id, visitor_id from visitors)
        and sessions.started_at <= (select max(converted_at) from {{ scope }})
        and sessions.started_at >= (select min(converted_at) from {{ scope }})
            - toIntervalDay((select max(lookback_days) from conversions))
{%- endif %}
    group by org_id, site_id, person_id
),

-- What a person did on one line of time: where a conversion begins to look back (0), sessions (1), conversions (2). How many
-- sessions lie before either end tells which it reaches, where the history beside each conversion would fill 4 GB for 20,000
-- of a machine.
lines as (
    select
        people.org_id as org_id,
        people.site_id as site_id,
        people.whom as whom,
        converted.conversions as conversions,
        arraySort(
            arrayConcat(
                arrayMap(s -> (toUnixTimestamp64Milli(s.started_at), 1, 0), people.history),
                arrayMap(
                    (c, i) -> (toUnixTimestamp64Milli(c.converted_at - toIntervalDay(c.lookback_days)), 0, i),
                    converted.conversions,
                    arrayEnumerate(converted.conversions)
                ),
                arrayMap(
                    (c, i) -> (toUnixTimestamp64Milli(c.converted_at), 2, i),
                    converted.conversions,
                    arrayEnumerate(converted.conversions)
                )
            )::Array(Tuple(at Int64, kind UInt8, conversion UInt32))
        ) as marks,
        arraySort(
            e -> (e.1.conversion, e.1.kind),
            arrayFilter(
                e -> e.1.kind != 1,
                arrayZip(marks, arrayCumSum(mark -> toUInt32(mark.kind = 1), marks))
            )
        ) as ends
    from people
    inner join (
        select
            site_id,
            person_id,
            groupArray(
                (conversion_id, converted_at, lookback_days)::Tuple(
                    conversion_id UUID,
                    converted_at DateTime64(3, 'UTC'),
                    lookback_days UInt16
                )
            ) as conversions
        from conversions
        group by site_id, person_id
    ) as converted
        on converted.site_id = people.site_id
        and converted.person_id = people.person_id
),

reached as (
    select
        org_id,
        site_id,
        whom,
        conversion.conversion_id as conversion_id,
        conversion.converted_at as converted_at,
        toUInt32(since.2) as sessions_before,
        toUInt32(until.2 - since.2) as touches_in_all
    from lines
    array join
        conversions as conversion,
        arrayFilter(e -> e.1.kind = 0, ends) as since,
        arrayFilter(e -> e.1.kind = 2, ends) as until
    where touches_in_all > 0
),

touched as (
    select
        conversion_id,
        org_id,
        site_id,
        whom,
        converted_at,
        touches_in_all,
        position,
        sessions_before + position as number
    from reached
    array join arrayConcat(
        [toUInt32(1)],
        range(toUInt32(greatest(2, toInt64(touches_in_all) - {{ var('touches_at_most') }} + 2)), touches_in_all + 1)
    ) as position
),

numbered as (
    select whom, session, number
    from people
    array join history as session, arrayEnumerate(history) as number
)

select
    touched.conversion_id as conversion_id,
    touched.org_id as org_id,
    touched.site_id as site_id,
    touched.converted_at as converted_at,
    toUInt32(touched.position) as position,
    touched.touches_in_all as touches_in_all,
    session.session_id as session_id,
    session.started_at as touched_at,
    toLowCardinality(session.channel) as channel,
    toLowCardinality(session.source) as source,
    toLowCardinality(session.medium) as medium,
    toLowCardinality(session.campaign) as campaign,
    (session.source = '(direct)')::Bool as is_direct
from touched
inner join numbered
    on numbered.whom = touched.whom
    and numbered.number = touched.number
