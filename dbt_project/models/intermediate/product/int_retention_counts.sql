{{
    config(
        materialized='partitions',
        partition_by='start_month',
        order_by=[
            'kind', 'org_id', 'site_id', 'cohort_id', 'grain', 'breakdown', 'cohort_start', 'breakdown_value', 'person_id',
        ],
        meta={
            'upstream': ['int_cohort_visitors', 'int_visitors_resolved', 'dim_people', 'stg_control__cohorts'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_retention_counts') %}
{%- set person = ['org_id', 'site_id', 'cohort_id', 'person_id'] | join(', ') %}
{%- set group = [
    'org_id', 'site_id', 'cohort_id', 'grain', 'breakdown', 'cohort_start', 'breakdown_value', 'start_month',
] | join(', ') %}
{%- set splits = ['first_source', 'first_entry_path', 'has_property', 'property'] | join(', ') %}
{%- set row_id_of_person -%}
    reinterpretAsUUID(sipHash128('person', {{ person }}))
{%- endset %}
{%- set row_id_of_group -%}
    reinterpretAsUUID(sipHash128('group', {{ group }}))
{%- endset %}
{%- set row_id_of_site -%}
    reinterpretAsUUID(sipHash128('site', org_id, site_id))
{%- endset %}
{#- A person's part in the groups: once in each grain and breakdown. -#}
{%- set in_groups %}
    array join ['day', 'week', 'month'] as grain
    array join arrayConcat(
        [('', ''), ('source', toString(first_source)), ('entry_path', first_entry_path)],
        if(has_property, [('property', property)], [])
    ) as split
{%- endset %}
{%- set entered %}
    select
        activity.org_id as org_id,
        activity.site_id as site_id,
        activity.cohort_id as cohort_id,
        activity.person_id as person_id,
        activity.start.day as start_day,
        arraySort(arrayDistinct(arrayFilter(day -> day >= start_day, activity.active_days))) as active_days,
        dim.first_source as first_source,
        dim.first_entry_path as first_entry_path,
        (cohorts.breakdown != '')::Bool as has_property,
        if(has_property, activity.start.property, '') as property
    from {{ cohort_people('changed_people' if plan.is_scoped else none) }} as activity
    inner join (
        select org_id, site_id, person_id, first_source, first_entry_path
        from {{ ref('dim_people') }}
{%- if plan.is_scoped %}
        where (org_id, site_id, person_id) in changed_people
{%- endif %}
    ) as dim
        on dim.org_id = activity.org_id and dim.site_id = activity.site_id and dim.person_id = activity.person_id
    left join {{ ref('stg_control__cohorts') }} as cohorts
        on cohorts.org_id = activity.org_id
        and cohorts.site_id = activity.site_id
        and cohorts.cohort_id = activity.cohort_id
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who may be another than before, as counted (-1) and as they are (+1); who is the same cancels out. A row of sign 0
-- names a site whose last day may be another.
with changed_people as materialized (
    select org_id, site_id, person_id
    from {{ relation_of('int_visitors_resolved') }}
    where (org_id, site_id, visitor_id) in (
        select org_id, site_id, visitor_id from {{ changes_of(plan, 'int_cohort_visitors') }}
    )
    union distinct
    select org_id, site_id, {{ person_id('server_user_id') }} as person_id
    from {{ changes_of(plan, 'int_cohort_visitors') }}
    where visitor_id = ''
    union distinct
    select org_id, site_id, person_id from {{ changes_of(plan, 'int_visitors_resolved') }}
    union distinct
    select org_id, site_id, person_id from {{ changes_of(plan, 'dim_people') }}
    union distinct
    select org_id, site_id, person_id
    from {{ this }}
    where kind = 'person' and (org_id, site_id) in {{ changed_sites(plan, ['stg_control__cohorts']) }}
),

entered as (
    {{- entered }}
),

states as (
    select -1 as sign, {{ person }}, cohort_start as start_day, active_days, {{ splits }}
    from {{ this }}
    where kind = 'person' and (org_id, site_id, person_id) in changed_people
    union all
    select 1 as sign, {{ person }}, start_day, active_days, {{ splits }}
    from entered
)

select toInt64(sum(states.sign)) as sign, {{ person }}, start_day, active_days, {{ splits }}
from states
group by {{ person }}, start_day, active_days, {{ splits }}
having sum(states.sign) != 0
union all
select distinct
    toInt64(0) as sign,
    org_id,
    site_id,
    '' as cohort_id,
    toUUID('00000000-0000-0000-0000-000000000000') as person_id,
    toDate(0) as start_day,
    []::Array(Date) as active_days,
    toLowCardinality('') as first_source,
    '' as first_entry_path,
    false as has_property,
    '' as property
from {{ changes_of(plan, 'int_cohort_visitors') }}
-- replaces
row_id in (
    select {{ row_id_of_person }} from {{ scope }} where sign != 0
    union distinct
    select {{ row_id_of_site }} from {{ scope }}
    union distinct
    select {{ row_id_of_group }}
    from (
        select
            org_id,
            site_id,
            cohort_id,
            grain,
            split.1 as breakdown,
            {{ cohort_start('grain', 'start_day') }} as cohort_start,
            split.2 as breakdown_value,
            toYYYYMM(start_day) as start_month
        from {{ scope }}
        {{- in_groups }}
    )
)
-- rows
{%- endif %}
with states as (
{%- if plan.is_scoped %}
    select * from {{ scope }} where sign != 0
{%- else %}
    select toInt64(1) as sign, entered.* from ({{ entered }}
    ) as entered
{%- endif %}
),

-- Periods of a grain are numbered alike everywhere: days, weeks from Monday, months. Period 0 is the one of the start.
by_group as (
    select
        sign,
        org_id,
        site_id,
        cohort_id,
        grain,
        {{ cohort_start('grain', 'start_day') }} as cohort_start,
        split.1 as breakdown,
        split.2 as breakdown_value,
        toYYYYMM(start_day) as start_month,
        arrayMap(
            day -> {{ cohort_period('grain', 'cohort_start', 'day') }},
            active_days
        ) as active_periods,
        {{ last_cohort_period('grain') }} as longest,
        range(toUInt32(if(empty(active_periods), 0, least(arrayMax(active_periods), longest) + 1))) as periods
    from states
    {{- in_groups }}
),

-- Added up as arrays with one number for each period: sumMap over the periods of activity takes three times as long.
parts as (
    select
        {{ group }},
        sign as people,
        arrayMap(period -> toInt64(if(has(active_periods, period), sign, 0)), periods) as retained,
        arrayMap(period -> sign, periods) as retained_or_later
    from by_group
{%- if plan.is_scoped %}
    union all
    select {{ group }}, people, retained, retained_or_later
    from {{ replaced_of('int_retention_counts') }}
    where kind = 'group'
{%- endif %}
),

counted as (
    select
        {{ group }},
        sum(parts.people) as people,
        sumForEach(parts.retained) as retained,
        sumForEach(parts.retained_or_later) as retained_or_later
    from parts
    group by {{ group }}
    having sum(parts.people) > 0
)

select
    toLowCardinality('group') as kind,
    {{ row_id_of_group }} as row_id,
    {{ group }},
    toUUID('00000000-0000-0000-0000-000000000000') as person_id,
    counted.people::UInt32 as people,
    -- To the last period in which somebody was active: what was taken off leaves zeros behind.
    arrayResize(
        counted.retained, arrayLastIndex(rest -> rest != 0, counted.retained_or_later)
    )::Array(UInt32) as retained,
    arrayResize(counted.retained_or_later, length(retained))::Array(UInt32) as retained_or_later,
    []::Array(Date) as active_days,
    toLowCardinality('') as first_source,
    '' as first_entry_path,
    false as has_property,
    '' as property
from counted
union all
select
    toLowCardinality('person') as kind,
    {{ row_id_of_person }} as row_id,
    org_id,
    site_id,
    cohort_id,
    '' as grain,
    '' as breakdown,
    start_day as cohort_start,
    '' as breakdown_value,
    toYYYYMM(start_day) as start_month,
    person_id,
    toUInt32(1) as people,
    []::Array(UInt32) as retained,
    []::Array(UInt32) as retained_or_later,
    active_days,
    {{ splits }}
from states
where sign > 0
union all
select
    toLowCardinality('site') as kind,
    {{ row_id_of_site }} as row_id,
    org_id,
    site_id,
    '' as cohort_id,
    '' as grain,
    '' as breakdown,
    toDate(0) as cohort_start,
    '' as breakdown_value,
    toUInt32(0) as start_month,
    toUUID('00000000-0000-0000-0000-000000000000') as person_id,
    toUInt32(0) as people,
    []::Array(UInt32) as retained,
    []::Array(UInt32) as retained_or_later,
    [max(arrayMax(visits.active_days))] as active_days,
    toLowCardinality('') as first_source,
    '' as first_entry_path,
    false as has_property,
    '' as property
from {{ ref('int_cohort_visitors') }} as visits
where cohort_id = ''
{%- if plan.is_scoped %}
    and (org_id, site_id) in (select org_id, site_id from {{ scope }})
{%- endif %}
group by org_id, site_id
