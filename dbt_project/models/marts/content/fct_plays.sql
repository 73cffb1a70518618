{{
    config(
        materialized='partitions',
        partition_by=partition_of('started_at'),
        order_by=['org_id', 'site_id', 'content_id', 'started_at'],
        meta={
            'upstream': ['int_plays', 'int_content_items', 'int_visitors_resolved', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'day', 'content_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_plays') %}
{%- set chosen -%}
    toDate(started_at) in (select toDate(started_at) from {{ scope }})
        and session_id in (select session_id from {{ scope }})
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select session_id, started_at
from {{ changes_of(plan, 'int_plays') }}
union distinct
select session_id, started_at
from {{ ref('int_plays') }}
where (org_id, site_id, content_id) in (
        select org_id, site_id, content_id from {{ changes_of(plan, 'int_content_items') }}
    )
    or (org_id, site_id, visitor_id) in {{ moved_visitors(plan) }}
    or (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
-- replaces
{{ chosen }}
-- rows
{%- endif %}
with plays as (
    select *
    from {{ ref('int_plays') }}
    where has_begun
        and {{ chosen if plan.is_scoped else in_batch('cityHash64(visitor_id)') }}
),

items as (
    select org_id, site_id, content_id, length_seconds from {{ ref('int_content_items') }}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from plays)
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    plays.play_id as play_id,
    plays.org_id as org_id,
    plays.site_id as site_id,
    plays.content_id as content_id,
    plays.content_type as content_type,
    plays.creator_id as creator_id,
    visitors.person_id as person_id,
    plays.visitor_id as visitor_id,
    plays.session_id as session_id,
    {{ local_day('plays.started_at', 'sites.timezone') }} as day,
    plays.started_at as started_at,
    plays.device_type as device_type,
    plays.country as country,
    plays.watched_seconds as watched_seconds,
    items.length_seconds as length_seconds,
    plays.is_completed as is_completed,
    plays.abandoned_at_seconds as abandoned_at_seconds
from plays
left join items
    on items.org_id = plays.org_id and items.site_id = plays.site_id and items.content_id = plays.content_id
left join visitors
    on visitors.org_id = plays.org_id
    and visitors.site_id = plays.site_id
    and visitors.visitor_id = plays.visitor_id
left join sites on sites.org_id = plays.org_id and sites.site_id = plays.site_id
