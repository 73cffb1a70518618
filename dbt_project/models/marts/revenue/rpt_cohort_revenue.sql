{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'cohort_id', 'grain', 'breakdown', 'cohort_start', 'breakdown_value', 'period'],
        meta={
            'upstream': [
                'int_cohort_visitors', 'int_visitors_resolved', 'dim_people', 'fct_transactions', 'fct_revenue_events',
                'stg_control__cohorts',
            ],
        },
    )
}}
{{ build_plan().header }}
with paid as (
    select 'stripe' as reported_by, org_id, site_id, person_id, day, currency, sum(fct.amount) as net
    from {{ ref('fct_transactions') }} as fct
    where fct.matched_by != ''
    group by org_id, site_id, person_id, day, currency
    union all
    select 'event' as reported_by, org_id, site_id, person_id, day, currency, sum(fct.amount) as net
    from {{ ref('fct_revenue_events') }} as fct
    where fct.person_id != toUUID('00000000-0000-0000-0000-000000000000')
    group by org_id, site_id, person_id, day, currency
),

paying_people as materialized (
    select distinct org_id, site_id, person_id from paid
),

people as (
    select
        entered.org_id as org_id,
        entered.site_id as site_id,
        entered.cohort_id as cohort_id,
        entered.person_id as person_id,
        entered.start.day as start_day,
        arrayConcat(
            [('', ''), ('source', toString(dim.first_source)), ('entry_path', dim.first_entry_path)],
            if(cohorts.breakdown = '', [], [('property', entered.start.property)])
        ) as splits
    from {{ cohort_people('paying_people') }} as entered
    inner join (select * from {{ ref('dim_people') }} where (org_id, site_id, person_id) in paying_people) as dim
        on dim.org_id = entered.org_id and dim.site_id = entered.site_id and dim.person_id = entered.person_id
    left join {{ ref('stg_control__cohorts') }} as cohorts
        on cohorts.org_id = entered.org_id
        and cohorts.site_id = entered.site_id
        and cohorts.cohort_id = entered.cohort_id
),

-- As rpt_retention_cohorts counts periods, and what was paid before somebody entered is none of the cohort's.
by_grain as (
    select
        people.org_id as org_id,
        people.site_id as site_id,
        people.cohort_id as cohort_id,
        people.person_id as person_id,
        people.splits as splits,
        paid.reported_by as reported_by,
        paid.currency as currency,
        paid.net as net,
        grain,
        {{ cohort_start('grain', 'people.start_day') }} as cohort_start,
        {{ cohort_period('grain', 'cohort_start', 'paid.day') }} as period
    from paid
    inner join people
        on people.org_id = paid.org_id and people.site_id = paid.site_id and people.person_id = paid.person_id
    array join ['day', 'week', 'month'] as grain
    where paid.day >= people.start_day
)

select
    org_id,
    site_id,
    cohort_id,
    toLowCardinality(by_grain.grain) as grain,
    cohort_start,
    toLowCardinality(split.1) as breakdown,
    split.2 as breakdown_value,
    toUInt16(by_grain.period) as period,
    toLowCardinality(reported_by) as reported_by,
    currency,
    uniqExact(person_id) as payers,
    sum(by_grain.net) as net
from by_grain
array join splits as split
where by_grain.period <= {{ last_cohort_period('by_grain.grain') }}
group by org_id, site_id, cohort_id, grain, cohort_start, breakdown, breakdown_value, period, reported_by, currency
