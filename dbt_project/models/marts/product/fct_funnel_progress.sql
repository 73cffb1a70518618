{{ config(partition_by='toYYYYMM(entered_at)', order_by=['org_id', 'site_id', 'funnel_id', 'entered_at']) }}

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
    attempts.is_excluded as is_excluded
from {{ ref('int_funnel_attempts') }} as attempts
left join sites on sites.org_id = attempts.org_id and sites.site_id = attempts.site_id
