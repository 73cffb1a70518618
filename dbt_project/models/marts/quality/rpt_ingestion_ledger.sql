{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(hour)',
        order_by=['org_id', 'site_id', 'hour'],
        meta={'upstream': ['int_receipts_counted', 'stg_events__rejected_events']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_ingestion_ledger') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, hour
from {{ changes_of(plan, 'int_receipts_counted') }}
union distinct
select org_id, site_id, toStartOfHour(received_at) as hour
from {{ changes_of(plan, 'stg_events__rejected_events') }}
-- replaces
(org_id, site_id, hour) in {{ scope }}
-- rows
{%- endif %}
with accepted as (
    select
        org_id,
        site_id,
        hour,
        sum(counted.receipts) as received,
        sumIf(counted.events, not is_bot) as counted,
        sumIf(counted.events, is_bot) as bots,
        sumIf(counted.receipts, is_duplicate) as duplicates,
        0 as rejected
    from {{ ref('int_receipts_counted') }} as counted
{%- if plan.is_scoped %}
    where (org_id, site_id, hour) in {{ scope }}
{%- endif %}
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
{%- if plan.is_scoped %}
    where toYYYYMM(received_at) in (select toYYYYMM(hour) from {{ scope }})
        and (org_id, site_id, toStartOfHour(received_at)) in {{ scope }}
{%- endif %}
    group by org_id, site_id, hour
),

entries as (
    select * from accepted
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
