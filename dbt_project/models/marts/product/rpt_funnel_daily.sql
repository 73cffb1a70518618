{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'funnel_id', 'day', 'breakdown_value', 'step'],
        meta={'upstream': ['fct_funnel_progress', 'stg_control__funnels']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_funnel_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, funnel_id, day
from {{ changes_of(plan, 'fct_funnel_progress') }}
union distinct
select distinct org_id, site_id, funnel_id, day
from {{ ref('fct_funnel_progress') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__funnels']) }}
-- replaces
(org_id, site_id, funnel_id, day) in {{ scope }}
-- rows
{%- endif %}
with funnels as (
    select org_id, site_id, funnel_id, steps from {{ ref('stg_control__funnels') }}
),

by_step as (
    select
        attempts.org_id as org_id,
        attempts.site_id as site_id,
        attempts.funnel_id as funnel_id,
        attempts.day as day,
        attempts.breakdown_value as breakdown_value,
        attempts.person_id as person_id,
        attempts.reached_at as reached_at,
        step,
        funnels.steps[step].name as step_name,
        funnels.steps[step].is_required as is_required,
        reached_at[step] as taken_at,
        -- The step taken before this one, and whether the last one that had to be taken was.
        arrayLast(at -> at is not null, arraySlice(reached_at, 1, toInt64(step) - 1)) as taken_before_at,
        arrayLastIndex(s -> s.is_required, arraySlice(funnels.steps, 1, toInt64(step) - 1)) as required_before,
        step = 1 or reached_at[required_before] is not null as could_take
    from (
        select * from {{ ref('fct_funnel_progress') }}
{%- if plan.is_scoped %}
        where {{ is_on_days(scope, 'entered_at', ['org_id', 'site_id', 'funnel_id', 'day']) }}
{%- endif %}
    ) as attempts
    inner join funnels
        on funnels.org_id = attempts.org_id
        and funnels.site_id = attempts.site_id
        and funnels.funnel_id = attempts.funnel_id
    array join arrayEnumerate(reached_at) as step
)

select
    org_id,
    site_id,
    funnel_id,
    day,
    breakdown_value,
    toUInt8(step) as step,
    any(by_step.step_name) as step_name,
    any(by_step.is_required)::Bool as is_required,
    countIf(could_take) as attempts_before,
    countIf(taken_at is not null) as attempts,
    uniqExactIf(person_id, taken_at is not null) as people,
    if(any(by_step.is_required), attempts_before - attempts, 0)::UInt64 as dropped_off,
    if(attempts_before = 0, 0, attempts / attempts_before) as conversion_rate,
    ifNotFinite(
        quantileExactInclusiveIf(0.5)(
            assumeNotNull(dateDiff('millisecond', taken_before_at, taken_at)), step > 1 and taken_at is not null
        ) / 1000,
        0
    ) as median_seconds,
    ifNotFinite(
        quantileExactInclusiveIf(0.9)(
            assumeNotNull(dateDiff('millisecond', taken_before_at, taken_at)), step > 1 and taken_at is not null
        ) / 1000,
        0
    ) as p90_seconds
from by_step
group by org_id, site_id, funnel_id, day, breakdown_value, step
