{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(started_at)',
        order_by=['org_id', 'site_id', 'subscription_id', 'valid_from'],
        meta={
            'upstream': ['int_subscription_periods', 'int_stripe_horizons'],
            'logged': ['org_id', 'site_id', 'customer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('dim_subscriptions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_subscriptions(plan) }}
-- replaces
{{ is_named_in(scope, 'subscription_id') }}
-- rows
{%- endif %}
-- The end of a trial or of a discount is known before it comes, and may come otherwise: what begins then is not so yet.
select
    periods.org_id as org_id,
    periods.site_id as site_id,
    subscription_id,
    valid_from,
    valid_to,
    (valid_to > known_until)::Bool as is_current,
    customer_id,
    currency,
    status,
    started_at,
    trial_started_at,
    trial_ends_at,
    ended_at,
    cancels_at,
    is_paused,
    is_counted,
    arraySort(arrayDistinct(lines.product_id)) as product_ids,
    arraySum(lines.quantity) as quantity,
    mrr
from {{ ref('int_subscription_periods') }} as periods
inner join {{ ref('int_stripe_horizons') }} as horizons
    on horizons.org_id = periods.org_id and horizons.site_id = periods.site_id
where valid_from <= known_until
{%- if plan.is_scoped %}
    and {{ is_named_in(scope, 'periods.subscription_id', 'subscription_id') }}
{%- endif %}
