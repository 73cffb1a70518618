{{ config(order_by=['org_id', 'site_id', 'refund_id']) }}

with objects as (
    {{ stripe_objects(
        'refunds',
        'refund',
        'Tuple(
            created Int64,
            amount Int64,
            currency String,
            charge String,
            payment_intent String,
            balance_transaction String,
            failure_balance_transaction String,
            status String,
            reason String
        )'
    ) }}
)

select
    org_id,
    site_id,
    id as refund_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.charge as charge_id,
    o.payment_intent as payment_intent_id,
    o.balance_transaction as balance_transaction_id,
    o.failure_balance_transaction as failure_balance_transaction_id,
    toLowCardinality(o.status) as status,
    toLowCardinality(o.reason) as reason,
    o.amount as amount,
    toLowCardinality(o.currency) as currency,
    is_deleted
from objects
