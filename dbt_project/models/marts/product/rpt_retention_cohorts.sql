{{ config(materialized='view') }}

with last_days as (
    select org_id, site_id, active_days[1] as last_day
    from {{ ref('int_retention_counts') }}
    where kind = 'site'
),

-- The people of a week may have started in two months, and are counted in each.
groups as (
    select
        org_id,
        site_id,
        cohort_id,
        grain,
        breakdown,
        cohort_start,
        breakdown_value,
        sum(counts.people) as people,
        sumForEach(counts.retained) as retained_by_period,
        sumForEach(counts.retained_or_later) as retained_or_later_by_period
    from {{ ref('int_retention_counts') }} as counts
    where kind = 'group'
    group by org_id, site_id, cohort_id, grain, breakdown, cohort_start, breakdown_value
),

dated as (
    select
        groups.*,
        least(
            {{ cohort_period('groups.grain', 'groups.cohort_start', 'last_days.last_day') }},
            {{ last_cohort_period('groups.grain') }}
        ) as last_period
    from groups
    inner join last_days on last_days.org_id = groups.org_id and last_days.site_id = groups.site_id
)

select
    org_id,
    site_id,
    cohort_id,
    toLowCardinality(dated.grain) as grain,
    cohort_start,
    toLowCardinality(dated.breakdown) as breakdown,
    breakdown_value,
    toUInt16(period) as period,
    toUInt64(dated.people) as people,
    -- Beyond its end an array has zeros.
    toUInt64(retained_by_period[period + 1]) as retained,
    toUInt64(retained_or_later_by_period[period + 1]) as retained_or_later,
    retained / people as retention_rate
from dated
array join range(toUInt32(last_period + 1)) as period
