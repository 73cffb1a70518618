{{ config(materialized='view') }}

with completions as (
    select * from {{ ref('fct_goal_completions') }}
),

goals as (
    select org_id, site_id, goal_id, lookback_days from {{ ref('stg_control__goals') }}
)

select
    completions.completion_id as conversion_id,
    completions.org_id as org_id,
    completions.site_id as site_id,
    completions.goal_id as goal_id,
    completions.day as day,
    completions.completed_at as converted_at,
    completions.person_id as person_id,
    goals.lookback_days as lookback_days,
    completions.value as value,
    completions.currency as currency
from completions
inner join goals
    on goals.org_id = completions.org_id
    and goals.site_id = completions.site_id
    and goals.goal_id = completions.goal_id
