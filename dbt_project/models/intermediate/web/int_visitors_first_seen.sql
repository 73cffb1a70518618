{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(first_seen_at)',
        order_by=['org_id', 'site_id', 'visitor_id', 'is_bot'],
        settings={'index_granularity': 1024},
        meta={
            'upstream': ['stg_events__receipts'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'is_bot', 'first_seen_at'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_visitors_first_seen') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Of a visitor who lost an event all events are looked at; of the others those of the changed days, and what was known.
select
    org_id,
    site_id,
    visitor_id,
    is_bot,
    groupUniqArray(toDate(occurred_at)) as days,
    max(is_removed) as has_lost_events
from {{ changes_of(plan, 'stg_events__receipts') }}
where visitor_id != '' and not is_duplicate
group by org_id, site_id, visitor_id, is_bot
-- replaces
(org_id, site_id, visitor_id, is_bot) in (select org_id, site_id, visitor_id, is_bot from {{ scope }})
-- rows
{%- endif %}
with events as (
    select org_id, site_id, visitor_id, is_bot, occurred_at
    from {{ ref('stg_events__events') }}
    where visitor_id != ''
        and {{ in_batch('cityHash64(visitor_id)') }}
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin(days) from {{ scope }} where not has_lost_events)
        and (toDate(occurred_at), org_id, site_id, visitor_id, is_bot)
        in (select arrayJoin(days), org_id, site_id, visitor_id, is_bot from {{ scope }} where not has_lost_events)
    union all
    select org_id, site_id, visitor_id, is_bot, occurred_at
    from {{ ref('stg_events__events') }}
    where (select count() from {{ scope }} where has_lost_events) > 0
        and (org_id, site_id, visitor_id, is_bot)
        in (select org_id, site_id, visitor_id, is_bot from {{ scope }} where has_lost_events)
    union all
    select org_id, site_id, visitor_id, is_bot, first_seen_at as occurred_at
    from {{ this }}
    where (org_id, site_id, visitor_id, is_bot)
        in (select org_id, site_id, visitor_id, is_bot from {{ scope }} where not has_lost_events)
{%- endif %}
)

select
    org_id,
    site_id,
    visitor_id,
    is_bot,
    min(occurred_at) as first_seen_at
from events
group by org_id, site_id, visitor_id, is_bot
