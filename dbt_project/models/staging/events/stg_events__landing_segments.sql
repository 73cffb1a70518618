with segments as (
    select * from {{ source('raw_events', 'landing_segments') }}
)

select
    collector_id,
    first_sequence,
    last_sequence,
    events,
    rejected_events,
    sealed_at,
    loaded_at
from segments
order by loaded_at
limit 1 by collector_id, first_sequence
