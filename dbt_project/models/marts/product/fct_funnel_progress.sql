{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(entered_at)',
        order_by=['org_id', 'site_id', 'funnel_id', 'entered_at'],
        meta={
            'upstream': ['int_funnel_attempts', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'funnel_id', 'person_id', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_funnel_progress') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, funnel_id, person_id, entered_at
from {{ changes_of(plan, 'int_funnel_attempts') }}
union distinct
select org_id, site_id, funnel_id, person_id, entered_at
from {{ relation_of('int_funnel_attempts') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
-- replaces
toDate(entered_at) in (select toDate(entered_at) from {{ scope }})
    and (org_id, site_id, funnel_id, person_id, entered_at) in {{ scope }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    attempts.org_id as org_id,
    attempts.site_id as site_id,
    attempts.funnel_id as funnel_id,
    attempts.person_id as person_id,
    attempts.attempt as attempt,
    {{ local_day('attempts.entered_at', 'sites.timezone') }} as day,
    attempts.entered_at as entered_at,
    attempts.entry_event_id as entry_event_id,
    attempts.breakdown_value as breakdown_value,
    attempts.reached_at as reached_at,
    attempts.furthest_step as furthest_step,
    attempts.is_completed as is_completed,
    attempts.is_excluded as is_excluded,
    attempts.events_left_out as events_left_out
from {{ ref('int_funnel_attempts') }} as attempts
left join sites on sites.org_id = attempts.org_id and sites.site_id = attempts.site_id
{%- if plan.is_scoped %}
where toDate(attempts.entered_at) in (select toDate(entered_at) from {{ scope }})
    and (attempts.org_id, attempts.site_id, attempts.funnel_id, attempts.person_id, attempts.entered_at) in {{ scope }}
{%- endif %}
