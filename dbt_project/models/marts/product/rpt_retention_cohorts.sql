{{
    config(
        order_by=['org_id', 'site_id', 'cohort_id', 'grain', 'breakdown', 'cohort_start', 'breakdown_value', 'period'],
    )
}}

with cohorts as (
    select org_id, site_id, cohort_id, breakdown from {{ ref('stg_control__cohorts') }}
),

last_days as (
    select org_id, site_id, arrayMax(groupUniqArrayArray(active_days)) as last_day
    from {{ ref('int_cohort_visitors') }}
    where cohort_id = ''
    group by org_id, site_id
),

activity as (
    select
        visits.cohort_id as cohort_id,
        visits.org_id as org_id,
        visits.site_id as site_id,
        if(
            visits.visitor_id != '',
            resolved.person_id,
            {{ person_id('visits.server_user_id', org_id='visits.org_id', site_id='visits.site_id') }}
        ) as person_id,
        argMinIf(visits.start, (visits.start.1, visits.start.2), visits.has_started) as start,
        groupUniqArrayArray(visits.active_days) as active_days
    from {{ ref('int_cohort_visitors') }} as visits
    left join {{ ref('int_visitors_resolved') }} as resolved
        on resolved.org_id = visits.org_id
        and resolved.site_id = visits.site_id
        and resolved.visitor_id = visits.visitor_id
    group by cohort_id, org_id, site_id, person_id
    having max(visits.has_started)
),

people as (
    select
        activity.cohort_id as cohort_id,
        activity.org_id as org_id,
        activity.site_id as site_id,
        activity.start.day as start_day,
        activity.start.property as start_property,
        activity.active_days as active_days,
        cohorts.breakdown as property,
        dim.first_source as first_source,
        dim.first_entry_path as first_entry_path,
        last_days.last_day as last_day
    from activity
    inner join {{ ref('dim_people') }} as dim
        on dim.org_id = activity.org_id and dim.site_id = activity.site_id and dim.person_id = activity.person_id
    inner join last_days on last_days.org_id = activity.org_id and last_days.site_id = activity.site_id
    left join cohorts
        on cohorts.org_id = activity.org_id
        and cohorts.site_id = activity.site_id
        and cohorts.cohort_id = activity.cohort_id
),

-- Periods of a grain are numbered alike everywhere: days, weeks from Monday, months. Period 0 is the one of the start.
by_grain as (
    select
        *,
        grain,
        multiIf(
            grain = 'day', start_day,
            grain = 'week', toMonday(start_day),
            toStartOfMonth(start_day)
        ) as cohort_start,
        multiIf(
            grain = 'day', dateDiff('day', cohort_start, last_day),
            grain = 'week', dateDiff('week', cohort_start, last_day),
            dateDiff('month', cohort_start, last_day)
        ) as last_period,
        arrayDistinct(
            arrayMap(
                day -> multiIf(
                    grain = 'day', dateDiff('day', cohort_start, day),
                    grain = 'week', dateDiff('week', cohort_start, day),
                    dateDiff('month', cohort_start, day)
                ),
                arrayFilter(day -> day >= start_day, active_days)
            )
        ) as active_periods
    from people
    array join ['day', 'week', 'month'] as grain
),

by_breakdown as (
    select
        *,
        split.1 as breakdown,
        split.2 as breakdown_value
    from by_grain
    array join arrayConcat(
        [('', ''), ('source', toString(first_source)), ('entry_path', first_entry_path)],
        if(property = '', [], [('property', start_property)])
    ) as split
),

-- Counted by the periods in which somebody was active, and laid out over all periods only then: a person is active in a few
-- of 31 days.
counted as (
    select
        org_id,
        site_id,
        cohort_id,
        grain,
        cohort_start,
        breakdown,
        breakdown_value,
        any(last_period) as last_period,
        count() as people,
        sumMap(active_periods, arrayResize([]::Array(UInt64), length(active_periods), toUInt64(1))) as active,
        sumMapIf([arrayMax(active_periods)], [toUInt64(1)], notEmpty(active_periods)) as last_active
    from by_breakdown
    group by org_id, site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value
)

select
    org_id,
    site_id,
    cohort_id,
    toLowCardinality(counted.grain) as grain,
    cohort_start,
    toLowCardinality(counted.breakdown) as breakdown,
    breakdown_value,
    toUInt16(period) as period,
    counted.people as people,
    counted.active.2[indexOf(counted.active.1, period)] as retained,
    arraySum((at, number) -> if(at >= period, number, 0), counted.last_active.1, counted.last_active.2)
        as retained_or_later,
    retained / people as retention_rate
from counted
array join range(
    toUInt32(
        least(
            last_period,
            multiIf(
                grain = 'day', {{ var('retention_days', 31) }},
                grain = 'week', {{ var('retention_weeks', 26) }},
                {{ var('retention_months', 24) }}
            )
        ) + 1
    )
) as period
