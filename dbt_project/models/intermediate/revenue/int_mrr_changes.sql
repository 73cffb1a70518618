{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'customer_id', 'currency', 'day'],
        meta={
            'upstream': ['int_subscription_periods', 'int_stripe_horizons', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'customer_id', 'currency', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_mrr_changes') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_subscriptions(plan) }}
union distinct
select org_id, site_id, subscription_id
from {{ relation_of('int_subscription_periods') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
-- replaces
{{ is_named_in(scope, 'subscription_id') }}
-- rows
{%- endif %}
-- What holds last on a day is the day's: changes within it that cancel each other out are none. What is decided and has
-- not come is no change yet.
with days as (
    select
        periods.org_id as org_id,
        periods.site_id as site_id,
        periods.subscription_id as subscription_id,
        {{ local_day('periods.valid_from', 'sites.timezone') }} as day,
        argMax((periods.customer_id, periods.currency), periods.valid_from) as whose,
        argMax(
            arrayReduce('sumMap', arrayMap(l -> [l.product_id], periods.lines), arrayMap(l -> [l.mrr], periods.lines)),
            periods.valid_from
        ) as earned
    from {{ ref('int_subscription_periods') }} as periods
    inner join {{ ref('int_stripe_horizons') }} as horizons
        on horizons.org_id = periods.org_id and horizons.site_id = periods.site_id
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = periods.org_id and sites.site_id = periods.site_id
    where periods.valid_from <= horizons.known_until
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'periods.subscription_id', 'subscription_id') }}
{%- endif %}
    group by org_id, site_id, subscription_id, day
),

histories as (
    select
        org_id,
        site_id,
        subscription_id,
        arraySort(d -> d.1, groupArray((day, mapFromArrays(earned.1, earned.2), whose))) as closings
    from days
    group by org_id, site_id, subscription_id
),

differences as (
    select
        org_id,
        site_id,
        subscription_id,
        closing.1 as day,
        closing.3.1 as customer_id,
        closing.3.2 as currency,
        mapSubtract(closing.2, earned_before) as changes
    from histories
    array join
        closings as closing,
        arrayPopBack(arrayPushFront(closings.2, map()::Map(String, Int64))) as earned_before
)

select
    org_id,
    site_id,
    day,
    customer_id,
    currency,
    subscription_id,
    product_id,
    amount
from differences
array join mapKeys(changes) as product_id, mapValues(changes) as amount
where amount != 0
