-- Nothing is lost between log and warehouse: each segment's own figure is the number of receipts in its range. A segment
-- is recorded after its rows are durable, and the segments are staged before the receipts, so a load that runs
-- meanwhile disturbs nothing.
with segments as (
    select collector_id, first_sequence, last_sequence, events + rejected_events as written
    from {{ ref('stg_events__landing_segments') }}
),

receipts as (
    select collector_id, sequence from {{ ref('stg_events__receipts') }}
    union distinct
    select collector_id, sequence from {{ ref('stg_events__rejected_events') }}
),

stored as (
    select segments.collector_id as collector_id, segments.first_sequence as first_sequence, count() as receipts
    from receipts
    asof join segments
        on segments.collector_id = receipts.collector_id and segments.first_sequence <= receipts.sequence
    where receipts.sequence <= segments.last_sequence
    group by collector_id, first_sequence
)

select segments.collector_id, segments.first_sequence, segments.written, stored.receipts
from segments
left join stored on stored.collector_id = segments.collector_id and stored.first_sequence = segments.first_sequence
where stored.receipts != segments.written
