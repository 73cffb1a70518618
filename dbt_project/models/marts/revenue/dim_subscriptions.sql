{{ config(order_by=['org_id', 'site_id', 'subscription_id', 'valid_from']) }}

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
