{{
    config(
        order_by=['org_id', 'site_id', 'cohort_id', 'grain', 'breakdown', 'cohort_start', 'breakdown_value', 'period'],
    )
}}

-- Every site has the cohorts of all people, by their first event of any name.
with cohorts as (
    select org_id, site_id, cohort_id, start_event, return_event, breakdown
    from {{ ref('stg_control__cohorts') }}

    union all

    select distinct org_id, site_id, '' as cohort_id, '' as start_event, '' as return_event, '' as breakdown
    from {{ ref('stg_events__events') }}
    where not is_bot
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

events as (
    select
        events.org_id as org_id,
        events.site_id as site_id,
        events.person_id as person_id,
        events.event as event,
        events.id as id,
        events.properties as properties,
        events.occurred_at as occurred_at,
        {{ local_day('events.occurred_at', 'sites.timezone') }} as day
    from {{ ref('int_events_attributed') }} as events
    left join sites on sites.org_id = events.org_id and sites.site_id = events.site_id
),

last_days as (
    select org_id, site_id, max(day) as last_day
    from events
    group by org_id, site_id
),

activity as (
    select
        cohorts.cohort_id as cohort_id,
        events.org_id as org_id,
        events.site_id as site_id,
        events.person_id as person_id,
        countIf(cohorts.start_event in ('', events.event)) > 0 as has_started,
        argMinIf(
            (
                events.day,
                if(cohorts.breakdown = '', '', JSONExtractString(events.properties, cohorts.breakdown))
            ),
            (events.occurred_at, UUIDToNum(events.id)),
            cohorts.start_event in ('', events.event)
        ) as start,
        groupUniqArrayIf(events.day, cohorts.return_event in ('', events.event)) as active_days,
        any(cohorts.breakdown) as property
    from events
    inner join cohorts on cohorts.org_id = events.org_id and cohorts.site_id = events.site_id
    where cohorts.start_event in ('', events.event) or cohorts.return_event in ('', events.event)
    group by cohort_id, org_id, site_id, person_id
    having has_started
),

people as (
    select
        activity.cohort_id as cohort_id,
        activity.org_id as org_id,
        activity.site_id as site_id,
        activity.start as start,
        activity.active_days as active_days,
        activity.property as property,
        dim.first_source as first_source,
        dim.first_entry_path as first_entry_path,
        last_days.last_day as last_day
    from activity
    inner join {{ ref('dim_people') }} as dim
        on dim.org_id = activity.org_id and dim.site_id = activity.site_id and dim.person_id = activity.person_id
    inner join last_days on last_days.org_id = activity.org_id and last_days.site_id = activity.site_id
),

-- Periods of a grain are numbered alike everywhere: days, weeks from Monday, months. Period 0 is the one of the start.
by_grain as (
    select
        *,
        grain,
        multiIf(
            grain = 'day', start.1,
            grain = 'week', toMonday(start.1),
            toStartOfMonth(start.1)
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
                arrayFilter(day -> day >= start.1, active_days)
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
        if(property = '', [], [('property', start.2)])
    ) as split
),

by_period as (
    select *, period
    from by_breakdown
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
)

select
    org_id,
    site_id,
    cohort_id,
    toLowCardinality(by_period.grain) as grain,
    cohort_start,
    toLowCardinality(by_period.breakdown) as breakdown,
    breakdown_value,
    toUInt16(by_period.period) as period,
    count() as people,
    countIf(has(active_periods, by_period.period)) as retained,
    countIf(notEmpty(active_periods) and arrayMax(active_periods) >= by_period.period) as retained_or_later,
    retained / people as retention_rate
from by_period
group by org_id, site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value, period
