{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with sites as (
    select * from {{ source('raw_control', 'sites') }}
)

select
    org_id,
    id as site_id,
    name,
    hosts,
    -- One unknown name would make every statement fail that asks for a local day.
    if(timezone in (select time_zone from system.time_zones), timezone, 'UTC') as timezone,
    created_at
from sites
