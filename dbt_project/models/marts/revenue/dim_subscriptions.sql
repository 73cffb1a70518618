{{ config(materialized='view') }}

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
