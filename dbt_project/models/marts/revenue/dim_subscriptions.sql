{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(started_at)',
        order_by=['org_id', 'site_id', 'subscription_id', 'valid_from'],
        meta={
            'upstream': ['int_subscription_periods'],
            'logged': ['org_id', 'site_id', 'customer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('dim_subscriptions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, subscription_id from {{ changes_of(plan, 'int_subscription_periods') }}
-- replaces
(org_id, site_id, subscription_id) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    subscription_id,
    valid_from,
    valid_to,
    (valid_to = toDateTime64(10413792000, 3, 'UTC'))::Bool as is_current,
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
from {{ ref('int_subscription_periods') }}
{%- if plan.is_scoped %}
where (org_id, site_id, subscription_id) in {{ scope }}
{%- endif %}
