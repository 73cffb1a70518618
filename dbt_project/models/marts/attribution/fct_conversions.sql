{{ config(materialized='view') }}

with completions as (
    select * from {{ ref('fct_goal_completions') }}
),

goals as (
    select org_id, site_id, goal_id, lookback_days from {{ ref('stg_control__goals') }}
),

revenue_events as (
    select * from {{ ref('fct_revenue_events') }}
)

select
    completions.completion_id as conversion_id,
    toLowCardinality('goal') as conversion_kind,
    completions.org_id as org_id,
    completions.site_id as site_id,
    completions.goal_id as goal_id,
    completions.day as day,
    completions.completed_at as converted_at,
    completions.person_id as person_id,
    goals.lookback_days as lookback_days,
    completions.value as value,
    toInt64(0) as revenue,
    completions.currency as currency
from completions
inner join goals
    on goals.org_id = completions.org_id
    and goals.site_id = completions.site_id
    and goals.goal_id = completions.goal_id
union all
select
    conversion_id,
    toLowCardinality('revenue') as conversion_kind,
    org_id,
    site_id,
    '' as goal_id,
    day,
    occurred_at as converted_at,
    person_id,
    toUInt16({{ var('revenue_lookback_days') }}) as lookback_days,
    toInt64(0) as value,
    amount as revenue,
    currency
from revenue_events
