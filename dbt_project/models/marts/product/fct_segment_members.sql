{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(member_since)',
        order_by=['org_id', 'site_id', 'segment_id', 'person_id'],
        meta={
            'upstream': ['int_behaviors_counted', 'int_visitors_resolved', 'dim_people', 'stg_control__segments'],
            'logged': ['org_id', 'site_id', 'segment_id', 'person_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_segment_members') %}
{%- set chosen -%}
    {%- if plan.is_scoped -%}
    {{ is_named_in(scope, 'person_id') }}
    {%- else -%}
    {{ in_batch('cityHash64(person_id)') }}
    {%- endif -%}
{%- endset %}
{%- set traits = [
    'first_channel', 'first_source', 'first_medium', 'first_campaign', 'first_entry_path', 'first_country',
    'first_device_type',
] %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = changed_sites(plan, ['stg_control__segments']) %}
-- Whoever did something else that a rule names, gained or lost a visitor, or is another by dim_people.
select org_id, site_id, person_id
from (
    select org_id, site_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id, visitor_id) in (
        select org_id, site_id, visitor_id from {{ changes_of(plan, 'int_behaviors_counted') }}
    )
    union distinct
    select org_id, site_id, {{ person_id('server_user_id') }} as person_id
    from {{ changes_of(plan, 'int_behaviors_counted') }}
    where visitor_id = ''
    union distinct
    select org_id, site_id, person_id from {{ moved_people(plan) }}
    union distinct
    select org_id, site_id, person_id from {{ changes_of(plan, 'dim_people') }}
)
where (org_id, site_id) in (select org_id, site_id from {{ ref('stg_control__segments') }})
union distinct
select org_id, site_id, person_id from {{ ref('dim_people') }} where (org_id, site_id) in {{ changed_sites }}
union distinct
select org_id, site_id, person_id from {{ this }} where (org_id, site_id) in {{ changed_sites }}
-- replaces
{{ chosen }}
-- rows
{%- endif %}
with segments as (
    select org_id, site_id, segment_id, rules from {{ ref('stg_control__segments') }}
),

people as (
    select org_id, site_id, person_id, is_known, first_seen_at, {{ traits | join(', ') }}
    from {{ ref('dim_people') }}
    where (org_id, site_id) in (select org_id, site_id from segments) and {{ chosen }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id) in (select org_id, site_id from segments) and {{ chosen }}
),

counts as (
    select
        counted.org_id as org_id,
        counted.site_id as site_id,
        visitors.person_id as person_id,
        deed
    from {{ ref('int_behaviors_counted') }} as counted
    inner join visitors
        on visitors.org_id = counted.org_id
        and visitors.site_id = counted.site_id
        and visitors.visitor_id = counted.visitor_id
    array join counted.deeds as deed
    where counted.visitor_id in (select visitor_id from visitors)
    union all
    select org_id, site_id, {{ person_id('server_user_id') }} as person_id, deed
    from {{ ref('int_behaviors_counted') }}
    array join deeds as deed
    where visitor_id = '' and {{ chosen }}
),

by_rule as (
    select
        org_id,
        site_id,
        person_id,
        deed.segment_id as segment_id,
        deed.rule as rule,
        sum(deed.times) as times,
        {{ first_moments('deed.first_at', are_arrays=true) }} as first_at
    from counts
    group by org_id, site_id, person_id, segment_id, rule
),

done as (
    select
        org_id,
        site_id,
        person_id,
        segment_id,
        groupArray(by_rule.rule) as numbers,
        groupArray(by_rule.times) as times,
        groupArray(by_rule.first_at) as first_at
    from by_rule
    group by org_id, site_id, person_id, segment_id
),

candidates as (
    select
        people.org_id as org_id,
        people.site_id as site_id,
        segments.segment_id as segment_id,
        people.person_id as person_id,
        people.first_seen_at as first_seen_at,
        segments.rules as rules,
        -- What was never done is at 0, where an array has nothing.
        arrayMap(number -> indexOf(done.numbers, number), arrayEnumerate(segments.rules)) as positions,
        arrayMap(position -> done.times[position], positions) as times,
        arrayMap(position -> done.first_at[position], positions) as first_at,
        arrayMap(
            rule -> multiIf(
                rule.field = 'is_known', if(people.is_known, 'true', 'false'),
{%- for trait in traits %}
                rule.field = '{{ trait }}', toString(people.{{ trait }}),
{%- endfor %}
                ''
            ),
            segments.rules
        ) as traits
    from people
    inner join segments on segments.org_id = people.org_id and segments.site_id = people.site_id
    left join done
        on done.org_id = people.org_id
        and done.site_id = people.site_id
        and done.person_id = people.person_id
        and done.segment_id = segments.segment_id
)

select
    org_id,
    site_id,
    segment_id,
    person_id,
    -- The 0th of the instants is that of 1970.
    arrayMax(arrayPushBack(
        arrayMap((rule, instants) -> instants[rule.at_least], rules, first_at), first_seen_at
    )) as member_since
from candidates
where arrayAll(
    (rule, done_times, trait) -> if(
        rule.kind = 'behavior',
        done_times >= rule.at_least and (isNull(rule.at_most) or done_times <= rule.at_most),
        {{ matches('trait', 'rule.operator', 'rule.value') }}
    ),
    rules,
    times,
    traits
)
