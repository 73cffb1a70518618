{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'visitor_id'],
        settings={'index_granularity': 1024},
        meta={
            'upstream': ['stg_events__receipts'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'user_id', 'person_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_visitors_resolved') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who is new, who lost an event, and who is called by another name than before: for the others, whichever of their
-- events is the last one now, it names the same user.
with changes as materialized (
    select
        org_id,
        site_id,
        visitor_id,
        groupUniqArray(toDate(occurred_at)) as days,
        groupUniqArrayIf(user_id, user_id != '') as users,
        max(is_removed) as has_lost_events
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where visitor_id != '' and not is_bot and not is_duplicate
    group by org_id, site_id, visitor_id
),

known as (
    select org_id, site_id, visitor_id, user_id, true as is_known
    from {{ this }}
    where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from changes)
)

select
    org_id,
    site_id,
    visitor_id,
    days,
    is_known or has_lost_events as has_history
from changes
left join known using (org_id, site_id, visitor_id)
where has_lost_events or not is_known or arrayExists(named -> named != user_id, users)
-- replaces
{{ is_visitor_of(scope) }}
-- rows
{%- endif %}
with events as (
    select org_id, site_id, visitor_id, user_id, occurred_at, id
    from {{ ref('stg_events__events') }}
    where visitor_id != '' and not is_bot
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin(days) from {{ scope }} where not has_history)
        and (toDate(occurred_at), org_id, site_id, visitor_id)
        in (select arrayJoin(days), org_id, site_id, visitor_id from {{ scope }} where not has_history)
    union all
    select org_id, site_id, visitor_id, user_id, occurred_at, id
    from {{ ref('stg_events__events') }}
    where visitor_id != '' and not is_bot
        and (select count() from {{ scope }} where has_history) > 0
        and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ scope }} where has_history)
{%- else %}
        and {{ in_batch('cityHash64(visitor_id)') }}
{%- endif %}
),

visitors as (
    select
        org_id,
        site_id,
        visitor_id,
        -- UUIDToNum: ClickHouse compares UUIDs by their second half first, everyone else as they are written.
        argMaxIf(user_id, (occurred_at, UUIDToNum(id)), user_id != '') as last_user_id
    from events
    group by org_id, site_id, visitor_id
)

select
    org_id,
    site_id,
    visitor_id,
    last_user_id as user_id,
    {{ person_id('last_user_id', 'visitor_id') }} as person_id
from visitors
