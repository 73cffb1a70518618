{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_at'),
        order_by=['org_id', 'site_id', 'visitor_id', 'occurred_at'],
        meta={
            'upstream': ['stg_events__receipts', 'stg_control__funnels'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'user_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_funnel_events') %}
{%- set moments_in_scope -%}
    toDate(occurred_at) in (select toDate(occurred_at) from {{ scope }})
        and (org_id, site_id, visitor_id, occurred_at) in (
            select org_id, site_id, visitor_id, occurred_at from {{ scope }}
        )
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = changed_sites(plan, ['stg_control__funnels']) %}
-- The instants at which an event of a name came or went that a funnel of the site asks for, and all of a site of which a
-- funnel changed.
with funnels as (
    select
        org_id,
        site_id,
        max(step_order = 'strict') as is_any_strict,
        groupUniqArrayArray(event_names) as asked_for
    from {{ ref('stg_control__funnels') }}
    group by org_id, site_id
),

events as (
    select org_id, site_id, visitor_id, user_id, event, is_bot, occurred_at
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where not is_duplicate
    union all
    select org_id, site_id, visitor_id, user_id, event, is_bot, occurred_at
    from {{ ref('stg_events__events') }}
    where (org_id, site_id) in {{ changed_sites }}
)

select org_id, site_id, visitor_id, occurred_at
from events
inner join funnels using (org_id, site_id)
where {{ is_of_somebody() }} and (is_any_strict or has(asked_for, event))
union distinct
select org_id, site_id, visitor_id, occurred_at
from {{ this }}
where (org_id, site_id) in {{ changed_sites }}
-- replaces
{{ moments_in_scope }}
-- rows
{%- endif %}
with events as (
    select *
    from {{ ref('stg_events__events') }}
    where {{ is_of_somebody() }}
        and {{ moments_in_scope if plan.is_scoped else in_batch('cityHash64(id)') }}
),

-- A strict funnel is broken by any other event, so it needs them all; the others only those it names.
by_name as (
    select * except (name, event_names), wanted
    from {{ ref('stg_control__funnels') }}
    array join event_names as wanted
    where step_order != 'strict'
),

strict as (
    select * except (name, event_names)
    from {{ ref('stg_control__funnels') }}
    where step_order = 'strict'
),

candidates as (
    select events.*, by_name.* except (org_id, site_id, wanted)
    from events
    inner join by_name
        on by_name.org_id = events.org_id and by_name.site_id = events.site_id and by_name.wanted = events.event

    union all

    select events.*, strict.* except (org_id, site_id)
    from events
    inner join strict on strict.org_id = events.org_id and strict.site_id = events.site_id
    where (events.org_id, events.site_id) in (select org_id, site_id from strict)
),

matched as (
    select
        *,
        arrayMap(
            step -> toUInt8(event = step.match.event and {{ passes('step.match.conditions') }}),
            steps
        ) as hits,
        arrayExists(
            match -> event = match.event and {{ passes('match.conditions') }},
            exclusions
        ) as is_exclusion
    from candidates
)

select
    org_id,
    site_id,
    funnel_id,
    visitor_id,
    user_id,
    id as event_id,
    occurred_at,
    hits,
    is_exclusion,
    multiIf(
        breakdown = '', '',
        breakdown = 'path', path,
        breakdown = 'device_type', device_type,
        breakdown = 'country', country,
        breakdown = 'utm_source', utm_source,
        breakdown = 'utm_campaign', utm_campaign,
        JSONExtractString(properties, substring(breakdown, 12))
    ) as breakdown_value
from matched
where step_order = 'strict' or is_exclusion or has(hits, 1)
