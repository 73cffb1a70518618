{{ config(order_by=['org_id', 'site_id', 'hour']) }}

-- What was received is counted on the receipts, what became of it on the tables that hold it: a row lost on the way
-- between them leaves a gap that tests/assert_ingestion_ledger_closes.sql finds.
with receipts as (
    select
        org_id,
        site_id,
        toStartOfHour(received_at) as hour,
        count() as received,
        0 as counted,
        0 as bots,
        countIf(is_duplicate) as duplicates,
        0 as rejected
    from {{ ref('stg_events__receipts') }}
    group by org_id, site_id, hour
),

events as (
    select
        org_id,
        site_id,
        toStartOfHour(received_at) as hour,
        0 as received,
        countIf(not is_bot) as counted,
        countIf(is_bot) as bots,
        0 as duplicates,
        0 as rejected
    from {{ ref('stg_events__events') }}
    group by org_id, site_id, hour
),

rejected_events as (
    select
        org_id,
        site_id,
        toStartOfHour(received_at) as hour,
        count() as received,
        0 as counted,
        0 as bots,
        0 as duplicates,
        count() as rejected
    from {{ ref('stg_events__rejected_events') }}
    group by org_id, site_id, hour
),

entries as (
    select * from receipts
    union all
    select * from events
    union all
    select * from rejected_events
)

select
    org_id,
    site_id,
    hour,
    sum(entries.received) as received,
    sum(entries.counted) as counted,
    sum(entries.bots) as bots,
    sum(entries.duplicates) as duplicates,
    sum(entries.rejected) as rejected
from entries
group by org_id, site_id, hour
