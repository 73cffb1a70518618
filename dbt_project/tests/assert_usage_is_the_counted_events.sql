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
    having events > 0
)

select org_id, events from ledger where tuple(*) not in (select * from usage)
union all
select org_id, events from usage where tuple(*) not in (select * from ledger)
