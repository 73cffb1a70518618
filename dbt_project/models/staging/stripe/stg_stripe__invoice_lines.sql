{{ config(materialized='view') }}

select
    org_id,
    site_id,
    invoice_id,
    line.id as line_id,
    if(
        line.subscription != '',
        line.subscription,
        if(
            line.parent.subscription_item_details.subscription != '',
            line.parent.subscription_item_details.subscription,
            line.parent.invoice_item_details.subscription
        )
    ) as subscription_id,
    if(line.price.id != '', line.price.id, line.pricing.price_details.price) as price_id,
    if(line.price.product != '', line.price.product, line.pricing.price_details.product) as product_id,
    line.quantity as quantity,
    line.amount as amount,
    arraySum(line.discount_amounts.amount) as discount_amount,
    line.currency as currency,
    (
        line.proration
        or line.parent.subscription_item_details.proration
        or line.parent.invoice_item_details.proration
    )::Bool as is_proration,
    toDateTime64(line.period.start, 3, 'UTC') as period_start,
    toDateTime64(line.period.`end`, 3, 'UTC') as period_end
from {{ ref('stg_stripe__invoices') }}
array join lines as line
