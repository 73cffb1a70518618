{{ config(order_by=['org_id', 'site_id', 'cohort_month', 'currency', 'months_since']) }}

with transactions as (
    select
        org_id,
        site_id,
        if(customer_id != '', customer_id, charge_id) as payer_id,
        currency,
        kind,
        day,
        amount
    from {{ ref('fct_transactions') }}
),

payers as (
    select org_id, site_id, payer_id, currency, toStartOfMonth(min(transactions.day)) as cohort_month
    from transactions
    where kind = 'payment'
    group by org_id, site_id, payer_id, currency
),

-- What is booked before the first payment's day, by a clock set wrong, is of the first month.
months as (
    select
        payers.org_id as org_id,
        payers.site_id as site_id,
        payers.currency as currency,
        payers.cohort_month as cohort_month,
        toUInt16(greatest(dateDiff('month', payers.cohort_month, transactions.day), 0)) as months_since,
        sumIf(transactions.amount, transactions.kind in ('payment', 'payment_failure')) as paid,
        sum(transactions.amount) as earned
    from transactions
    inner join payers
        on payers.org_id = transactions.org_id
        and payers.site_id = transactions.site_id
        and payers.payer_id = transactions.payer_id
        and payers.currency = transactions.currency
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
                max(transactions.day)
            )
        ) as last_month
    from {{ ref('int_stripe_horizons') }} as horizons
    inner join transactions on transactions.org_id = horizons.org_id and transactions.site_id = horizons.site_id
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = horizons.org_id and sites.site_id = horizons.site_id
    group by org_id, site_id
),

cohorts as (
    select
        payers.org_id as org_id,
        payers.site_id as site_id,
        payers.currency as currency,
        payers.cohort_month as cohort_month,
        uniqExact(payers.payer_id) as customers,
        arrayJoin(range(toUInt16(1 + dateDiff('month', payers.cohort_month, any(ends.last_month))))) as months_since
    from payers
    inner join ends on ends.org_id = payers.org_id and ends.site_id = payers.site_id
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
