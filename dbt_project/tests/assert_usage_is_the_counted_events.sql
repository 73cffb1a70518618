-- Usage and ledger count the same events.
with usage as (
    select org_id, sum(rpt.events) as events
    from {{ ref('rpt_daily_usage') }} as rpt
    group by org_id
),

ledger as (
    select org_id, sum(rpt.counted) as events
    from {{ ref('rpt_ingestion_ledger') }} as rpt
    group by org_id
)

select ledger.org_id, ledger.events, usage.events
from ledger
left join usage on usage.org_id = ledger.org_id
where ledger.events != usage.events
