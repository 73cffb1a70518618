{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_at'),
        order_by=['org_id', 'site_id', 'occurred_at', 'event_id'],
        meta={
            'upstream': ['stg_events__receipts', 'int_visitors_resolved', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'person_id', 'conversion_id', 'occurred_at', 'day', 'content_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_revenue_events') %}
{%- set moments_in_scope -%}
    toDate(occurred_at) in (select toDate(occurred_at) from {{ scope }})
        and (org_id, site_id, visitor_id, occurred_at) in (
            select org_id, site_id, visitor_id, occurred_at from {{ scope }}
        )
{%- endset %}
{%- set in_batch_of_visitors = in_batch('cityHash64(visitor_id)') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, visitor_id, occurred_at
from {{ changes_of(plan, 'stg_events__receipts') }}
where {{ is_revenue_event() }} and not is_bot and not is_duplicate
union distinct
-- What no event changed is in the table already.
select org_id, site_id, visitor_id, occurred_at
from {{ this }}
where (org_id, site_id, visitor_id) in {{ moved_visitors(plan) }}
    or (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
-- replaces
{{ moments_in_scope }}
-- rows
{%- endif %}
with events as (
    select
        id,
        org_id,
        site_id,
        visitor_id,
        user_id,
        event,
        occurred_at,
        JSONExtractInt(properties, 'amount') as amount,
        lower(JSONExtractString(properties, 'currency')) as currency,
        JSONExtractString(properties, 'content_id') as content_id,
        JSONExtractString(properties, 'content_type') as content_type,
        JSONExtractString(properties, 'creator_id') as creator_id
    from {{ ref('stg_events__events') }}
    where {{ carries_revenue() }}
        and not is_bot
        and {{ moments_in_scope if plan.is_scoped else in_batch_of_visitors }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ is_visitor_of(scope) if plan.is_scoped else in_batch_of_visitors }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    -- No goal has an empty id, so this is no id of a goal's completion.
    reinterpretAsUUID(sipHash128(events.org_id, events.site_id, '', events.id)) as conversion_id,
    events.org_id as org_id,
    events.site_id as site_id,
    events.id as event_id,
    events.event as event,
    {{ local_day('events.occurred_at', 'sites.timezone') }} as day,
    events.occurred_at as occurred_at,
    multiIf(
        events.visitor_id != '',
        visitors.person_id,
        events.user_id != '',
        {{ person_id('events.user_id', org_id='events.org_id', site_id='events.site_id') }},
        -- Money of nobody we know is money still.
        toUUID('00000000-0000-0000-0000-000000000000')
    ) as person_id,
    events.visitor_id as visitor_id,
    events.amount as amount,
    toLowCardinality(events.currency) as currency,
    events.content_id as content_id,
    events.content_type as content_type,
    events.creator_id as creator_id
from events
left join visitors
    on visitors.org_id = events.org_id
    and visitors.site_id = events.site_id
    and visitors.visitor_id = events.visitor_id
left join sites on sites.org_id = events.org_id and sites.site_id = events.site_id
