{{ config(order_by=['org_id', 'site_id', 'coupon_id']) }}

with objects as (
    {{ stripe_objects(
        'coupons',
        'coupon',
        'Tuple(
            created Int64,
            name String,
            percent_off String,
            amount_off Int64,
            currency String,
            duration String,
            duration_in_months Int64,
            applies_to Tuple(products Array(String))
        )'
    ) }}
)

select
    org_id,
    site_id,
    id as coupon_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.name as name,
    toDecimal64OrZero(o.percent_off, 4) as percent_off,
    o.amount_off as amount_off,
    toLowCardinality(o.currency) as currency,
    toLowCardinality(o.duration) as duration,
    o.applies_to.products as product_ids,
    is_deleted
from objects
