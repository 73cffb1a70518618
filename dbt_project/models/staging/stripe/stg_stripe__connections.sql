{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{%- set plan = build_plan() %}
{{ plan.header }}
{%- if plan.is_scoped %}
select true as is_everything
-- replaces
true
-- rows
{%- endif %}
with connections as (
    select * from {{ source('raw_control', 'stripe_connections') }}
)

select
    org_id,
    site_id,
    livemode,
    created_at
from connections
