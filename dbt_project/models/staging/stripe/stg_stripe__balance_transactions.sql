{{ config(order_by=['org_id', 'site_id', 'balance_transaction_id']) }}

with objects as (
    {{ stripe_objects(
        'balance_transactions',
        'balance_transaction',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            fee Int64,
            net Int64,
            source String,
            type String,
            reporting_category String,
            available_on Int64,
            exchange_rate String
        )'
    ) }}
)

select
    org_id,
    site_id,
    id as balance_transaction_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    toLowCardinality(o.type) as type,
    toLowCardinality(o.reporting_category) as reporting_category,
    o.source as source_id,
    o.amount as amount,
    o.fee as fee,
    o.net as net,
    toLowCardinality(o.currency) as currency,
    o.exchange_rate as exchange_rate,
    toDateTime64(o.available_on, 3, 'UTC') as available_at,
    is_deleted
from objects
