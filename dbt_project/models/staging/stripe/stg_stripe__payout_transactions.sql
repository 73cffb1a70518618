{{ config(order_by=['org_id', 'site_id', 'payout_id', 'balance_transaction_id']) }}

select distinct
    org_id,
    site_id,
    payout_id,
    balance_transaction_id
from {{ source('raw_stripe', 'payout_transactions') }}
where (org_id, site_id, livemode) in (
    select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
)
