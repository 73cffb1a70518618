{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'cohort_month', 'currency', 'months_since'],
        meta={'upstream': ['int_payers_summed', 'int_stripe_horizons', 'stg_control__sites']},
    )
}}
{{ build_plan().header }}
with moved as materialized (
    select
        org_id,
        site_id,
        toLowCardinality(m.currency) as currency,
        m.cohort_month as cohort_month,
        m.month as month,
        count() as payers,
        sum(m.paid) as paid,
        sum(m.earned) as earned
    from {{ ref('int_payers_summed') }}
    array join months as m
    group by org_id, site_id, currency, cohort_month, month
),

-- What is booked before the first payment's day, by a clock set wrong, is of the first month.
months as (
    select
        org_id,
        site_id,
        currency,
        cohort_month,
        toUInt16(greatest(dateDiff('month', cohort_month, month), 0)) as months_since,
        sumIf(moved.payers, month = cohort_month) as begun,
        sum(moved.paid) as paid,
        sum(moved.earned) as earned
    from moved
    -- A currency in which nothing was ever paid has no cohort.
    where cohort_month > toDate(0)
    group by org_id, site_id, currency, cohort_month, months_since
),

-- Up to the last month that is known, the same for all cohorts of a site.
ends as (
    select
        horizons.org_id as org_id,
        horizons.site_id as site_id,
        toStartOfMonth(
            greatest(
                {{ local_day('any(horizons.known_until)', 'any(sites.timezone)') }},
                any(reached.last_month)
            )
        ) as last_month
    from {{ ref('int_stripe_horizons') }} as horizons
    inner join (
        select org_id, site_id, max(moved.month) as last_month
        from moved
        group by org_id, site_id
    ) as reached
        on reached.org_id = horizons.org_id and reached.site_id = horizons.site_id
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = horizons.org_id and sites.site_id = horizons.site_id
    group by org_id, site_id
),

cohorts as (
    select
        months.org_id as org_id,
        months.site_id as site_id,
        months.currency as currency,
        months.cohort_month as cohort_month,
        sum(months.begun) as customers,
        arrayJoin(range(toUInt16(1 + dateDiff('month', months.cohort_month, any(ends.last_month))))) as months_since
    from months
    inner join ends on ends.org_id = months.org_id and ends.site_id = months.site_id
    group by org_id, site_id, currency, cohort_month
)

select
    cohorts.org_id as org_id,
    cohorts.site_id as site_id,
    cohorts.cohort_month as cohort_month,
    cohorts.currency as currency,
    cohorts.months_since as months_since,
    cohorts.customers as customers,
    months.paid as gross,
    months.earned as net,
    sum(months.paid) over so_far as cumulative_gross,
    sum(months.earned) over so_far as cumulative_net,
    toDecimal128(cumulative_net, 4) / cohorts.customers as lifetime_value
from cohorts
left join months
    on months.org_id = cohorts.org_id
    and months.site_id = cohorts.site_id
    and months.currency = cohorts.currency
    and months.cohort_month = cohorts.cohort_month
    and months.months_since = cohorts.months_since
window so_far as (
    partition by cohorts.org_id, cohorts.site_id, cohorts.currency, cohorts.cohort_month
    order by cohorts.months_since
)
