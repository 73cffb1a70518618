-- Opening and movements are the closing of each day, a day opens with what the one before closed with, and what moved is
-- what the subscriptions began and ceased to earn on that day.
with days as (
    select
        *,
        lagInFrame(closing, 1, 0) over (
            partition by org_id, site_id, currency
            order by day
            rows between 1 preceding and current row
        ) as closing_before,
        lagInFrame(day, 1, day - 1) over (
            partition by org_id, site_id, currency
            order by day
            rows between 1 preceding and current row
        ) as day_before
    from {{ ref('rpt_mrr_daily') }}
),

moved as (
    select org_id, site_id, currency, day, closing - opening as amount
    from {{ ref('rpt_mrr_daily') }}
    where closing != opening
),

earned as (
    select
        versions.org_id as org_id,
        versions.site_id as site_id,
        versions.currency as currency,
        {{ local_day('change.1', 'sites.timezone') }} as day,
        sum(change.2) as amount
    from {{ ref('dim_subscriptions') }} as versions
    array join [(valid_from, mrr), (valid_to, -mrr)] as change
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = versions.org_id and sites.site_id = versions.site_id
    inner join {{ ref('int_stripe_horizons') }} as horizons
        on horizons.org_id = versions.org_id and horizons.site_id = versions.site_id
    where change.1 <= horizons.known_until
    group by org_id, site_id, currency, day
    having amount != 0
)

select org_id, site_id, currency, day, 'a day does not add up' as trouble
from days
where opening + new + expansion + contraction + churn + reactivation != closing
    or opening != closing_before
    or day_before != day - 1
    or closing < 0
union all
select org_id, site_id, currency, day, 'subscriptions earn otherwise' as trouble
from moved
where tuple(org_id, site_id, currency, day, amount) not in (select org_id, site_id, currency, day, amount from earned)
union all
select org_id, site_id, currency, day, 'a change is no movement' as trouble
from earned
where tuple(org_id, site_id, currency, day, amount) not in (select org_id, site_id, currency, day, amount from moved)
