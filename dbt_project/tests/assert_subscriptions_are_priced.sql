{{ config(severity='warn') }}

-- Items that count as nothing because what they cost is not known: their price says nothing of the subscription's
-- currency, or its tiers were not loaded; and discounts whose coupon was deleted before it was loaded.
with states as (
    select * from {{ ref('int_subscription_states') }}
),

known as (
    select org_id, site_id, discount_id from {{ ref('stg_stripe__discounts') }} where is_known
)

select distinct org_id, site_id, subscription_id, item.price_id as unknown
from states
array join items as item
where item.usage_type != 'metered'
    and (
        (
            item.currency != currency
            and (org_id, site_id, item.price_id, toString(currency)) not in (
                select org_id, site_id, price_id, arrayJoin(mapKeys(currency_options)) from {{ ref('stg_stripe__prices') }}
            )
        )
        or (
            item.billing_scheme = 'tiered'
            and item.currency = currency
            and (org_id, site_id, item.price_id) not in (
                select org_id, site_id, price_id from {{ ref('stg_stripe__prices') }} where notEmpty(tiers)
            )
        )
    )
union all
select distinct org_id, site_id, subscription_id, discount.discount_id as unknown
from states
array join discounts as discount
where (org_id, site_id, discount.discount_id) not in known
