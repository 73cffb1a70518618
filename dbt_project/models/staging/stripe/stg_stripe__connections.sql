{{ config(order_by=['org_id', 'site_id']) }}

with connections as (
    select * from {{ source('raw_control', 'stripe_connections') }}
)

select
    org_id,
    site_id,
    livemode,
    created_at
from connections
