{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_on'),
        order_by=['org_id', 'site_id', 'hour'],
        meta={
            'upstream': ['stg_events__receipts'],
            'logged': ['org_id', 'site_id', 'hour', 'days_late'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_receipts_counted') %}
{%- set in_scope %}
        where toDate(occurred_at) in (select occurred_on from {{ scope }})
            and (org_id, site_id, toDate(occurred_at)) in {{ scope }}
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, toDate(occurred_at) as occurred_on
from {{ changes_of(plan, 'stg_events__receipts') }}
-- replaces
occurred_on in (select occurred_on from {{ scope }}) and (org_id, site_id, occurred_on) in {{ scope }}
-- rows
{%- endif %}
-- What was received is counted on the receipts, what became of it on the events: a row lost on the way between them
-- leaves a gap that tests/assert_ingestion_ledger_closes.sql finds.
with entries as (
    select org_id, site_id, occurred_at, received_at, is_bot, is_duplicate, 1 as receipt, 0 as event
    from {{ ref('stg_events__receipts') }}
    {{- in_scope if plan.is_scoped }}
    union all
    select org_id, site_id, occurred_at, received_at, is_bot, false as is_duplicate, 0 as receipt, 1 as event
    from {{ ref('stg_events__events') }}
    {{- in_scope if plan.is_scoped }}
)

select
    org_id,
    site_id,
    toDate(occurred_at) as occurred_on,
    toStartOfHour(received_at) as hour,
    toUInt32(greatest(0, intDiv(dateDiff('millisecond', occurred_at, received_at), 86400000))) as days_late,
    is_bot,
    is_duplicate,
    sum(receipt) as receipts,
    sum(event) as events
from entries
group by org_id, site_id, occurred_on, hour, days_late, is_bot, is_duplicate
