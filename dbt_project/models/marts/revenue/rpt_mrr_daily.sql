{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'currency', 'day'],
        meta={
            'upstream': ['fct_mrr_movements', 'int_stripe_horizons', 'int_exchange_rates_paired', 'stg_control__sites'],
        },
    )
}}
{{ build_plan().header }}
with horizons as (
    select
        horizons.org_id as org_id,
        horizons.site_id as site_id,
        {{ local_day('horizons.known_until', 'sites.timezone') }} as last_day
    from {{ ref('int_stripe_horizons') }} as horizons
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = horizons.org_id and sites.site_id = horizons.site_id
),

movements as materialized (
    select
        org_id,
        site_id,
        currency,
        day,
        sumIf(fct.amount, fct.kind = 'new') as added_by_new,
        sumIf(fct.amount, fct.kind = 'expansion') as added_by_expansion,
        sumIf(fct.amount, fct.kind = 'contraction') as added_by_contraction,
        sumIf(fct.amount, fct.kind = 'churn') as added_by_churn,
        sumIf(fct.amount, fct.kind = 'reactivation') as added_by_reactivation,
        uniqExactIf(customer_id, fct.kind = 'new') as new_customers,
        uniqExactIf(customer_id, fct.kind = 'reactivation') as returned_customers,
        uniqExactIf(customer_id, fct.kind = 'churn') as lost_customers
    from {{ ref('fct_mrr_movements') }} as fct
    group by org_id, site_id, currency, day
),

-- From the first movement to the last day that is known, without a gap.
spans as (
    select
        movements.org_id as org_id,
        movements.site_id as site_id,
        movements.currency as currency,
        min(movements.day) as first_day,
        any(horizons.last_day) as last_day
    from movements
    inner join horizons on horizons.org_id = movements.org_id and horizons.site_id = movements.site_id
    group by org_id, site_id, currency
),

days as (
    select org_id, site_id, currency, first_day + arrayJoin(range(toUInt32(last_day - first_day + 1))) as day
    from spans
),

filled as (
    select
        days.org_id as org_id,
        days.site_id as site_id,
        days.currency as currency,
        days.day as day,
        movements.added_by_new as new,
        movements.added_by_expansion as expansion,
        movements.added_by_contraction as contraction,
        movements.added_by_churn as churn,
        movements.added_by_reactivation as reactivation,
        movements.new_customers as new_customers,
        movements.returned_customers as returned_customers,
        movements.lost_customers as lost_customers,
        sum(new + expansion + contraction + churn + reactivation) over so_far as closing,
        sum(toInt64(new_customers) + returned_customers - lost_customers) over so_far as customers
    from days
    left join movements
        on movements.org_id = days.org_id
        and movements.site_id = days.site_id
        and movements.currency = days.currency
        and movements.day = days.day
    window so_far as (partition by org_id, site_id, currency order by day)
),

converted as (
    {{ with_rates('filled') }}
)

select
    org_id,
    site_id,
    day,
    currency,
    closing - new - expansion - contraction - churn - reactivation as opening,
    new,
    expansion,
    contraction,
    churn,
    reactivation,
    closing,
    customers - toInt64(new_customers) - returned_customers + lost_customers as opening_customers,
    new_customers,
    returned_customers,
    lost_customers,
    customers as closing_customers,
    {{ reporting_amount('closing', 'currency') }} as reporting_closing,
    reporting_currency,
    exchange_rate,
    rate_day,
    rate_source
from converted
