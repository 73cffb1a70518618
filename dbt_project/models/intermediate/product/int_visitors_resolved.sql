{{ config(materialized='table', order_by=['org_id', 'site_id', 'visitor_id']) }}

with visitors as (
    select
        org_id,
        site_id,
        visitor_id,
        -- UUIDToNum: ClickHouse compares UUIDs by their second half first, everyone else as they are written.
        argMaxIf(user_id, (occurred_at, UUIDToNum(id)), user_id != '') as last_user_id
    from {{ ref('stg_events__events') }}
    where visitor_id != '' and not is_bot
    group by org_id, site_id, visitor_id
)

select
    org_id,
    site_id,
    visitor_id,
    last_user_id as user_id,
    {{ person_id('last_user_id', 'visitor_id') }} as person_id
from visitors
