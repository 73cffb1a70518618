-- depends_on: {{ ref('stg_events__landing_segments') }}
with rejected_events as (
    select * from {{ source('raw_events', 'rejected_events') }}
)

select
    received_at,
    org_id,
    site_id,
    code,
    reason,
    field,
    position,
    origin,
    source,
    body,
    collector_id,
    sequence
from rejected_events
limit 1 by collector_id, sequence
