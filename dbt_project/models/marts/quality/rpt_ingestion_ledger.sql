{{ config(order_by=['org_id', 'site_id', 'hour']) }}

-- Each outcome is counted by itself, and tests/assert_ingestion_ledger_closes.sql finds a receipt with none or two. That
-- no receipt was lost between log and warehouse is what tests/assert_receipts_are_what_the_collectors_wrote.sql finds.
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
