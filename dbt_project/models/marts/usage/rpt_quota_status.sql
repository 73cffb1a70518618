{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(period_start)',
        order_by=['org_id', 'quota_id', 'period_start'],
        meta={'upstream': ['rpt_daily_usage', 'stg_control__quotas']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_quota_status') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_quotas = changes_of(plan, 'stg_control__quotas') %}
select org_id, metric, toStartOfMonth(day) as month
from {{ changes_of(plan, 'rpt_daily_usage') }}
-- Most metrics have no quota, and what happens to them is nothing to look at. Of one that was dropped, rows may be left.
where (org_id, metric) in (
    select org_id, metric from {{ ref('stg_control__quotas') }}
    union distinct
    select org_id, metric from {{ changed_quotas }}
)
union distinct
select org_id, metric, toStartOfMonth(day) as month
from {{ ref('rpt_daily_usage') }}
where (org_id, metric) in (select org_id, metric from {{ changed_quotas }})
-- replaces
(org_id, metric, toStartOfMonth(period_start)) in {{ scope }}
-- rows
{%- endif %}
with usage as (
    select
        days.org_id as org_id,
        quotas.quota_id as quota_id,
        days.metric as metric,
        toLowCardinality(quotas.measure) as measure,
        toLowCardinality(quotas.period) as period,
        quotas.limit as limit,
        quotas.warn_at_percent as warn_at_percent,
        days.day as day,
        if(period = 'day', day, toStartOfMonth(day)) as period_start,
        if(measure = 'events', toDecimal128(days.events, 9), days.quantity) as used_on_day
    from {{ ref('rpt_daily_usage') }} as days
    inner join {{ ref('stg_control__quotas') }} as quotas
        on quotas.org_id = days.org_id and quotas.metric = days.metric
{%- if plan.is_scoped %}
    where (days.org_id, days.metric, toStartOfMonth(days.day)) in {{ scope }}
{%- endif %}
),

periods as (
    select
        org_id,
        quota_id,
        metric,
        measure,
        period,
        period_start,
        limit,
        warn_at_percent,
        sum(used_on_day) as used,
        arraySort(groupArray((day, used_on_day))) as days
    from usage
    group by org_id, quota_id, metric, measure, period, period_start, limit, warn_at_percent
)

select
    org_id,
    quota_id,
    period,
    period_start,
    if(period = 'day', addDays(period_start, 1), addMonths(period_start, 1)) as period_end,
    metric,
    measure,
    used,
    limit,
    toFloat64(used) / limit as share_used,
    toLowCardinality(
        multiIf(
            used > toDecimal128(limit, 9), 'exceeded',
            used >= toDecimal128(limit, 9) * warn_at_percent / 100, 'near',
            'within'
        )
    ) as status,
    arrayFirstOrNull(
        (day, running) -> running > toDecimal128(limit, 9),
        tupleElement(days, 1),
        arrayCumSum(tupleElement(days, 2))
    ) as exceeded_on
from periods
