{{ config(order_by=['org_id', 'site_id', 'object']) }}

with checkpoints as (
    select
        org_id,
        site_id,
        object,
        argMax(loads.cursor, (loads.finished_at, loads.loaded_at)) as cursor,
        max(loads.finished_at) as finished_at
    from {{ source('raw_stripe', 'checkpoints') }} as loads
    where (org_id, site_id, livemode) in (
        select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
    )
    group by org_id, site_id, object
)

select
    org_id,
    site_id,
    object,
    finished_at,
    -- A number says that the list goes on there.
    not match(cursor, '^[0-9]+$') as is_complete
from checkpoints
