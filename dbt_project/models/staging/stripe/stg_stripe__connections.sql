{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with connections as (
    select * from {{ source('raw_control', 'stripe_connections') }}
)

select
    org_id,
    site_id,
    livemode,
    created_at
from connections
