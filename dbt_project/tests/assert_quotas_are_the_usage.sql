-- What is used of a quota is the usage of the days of its period, and no day of its metric is missing.
with periods as (
    select org_id, quota_id, metric, measure, period_start, period_end, used
    from {{ ref('rpt_quota_status') }}
),

usage as (
    select org_id, day, metric, measure, used
    from {{ ref('rpt_daily_usage') }}
    array join ['events', 'quantity'] as measure, [toDecimal128(events, 9), quantity] as used
),

used_in_periods as (
    select periods.org_id as org_id, periods.quota_id as quota_id, periods.period_start as since, sum(usage.used) as used
    from periods
    inner join usage
        on usage.org_id = periods.org_id and usage.metric = periods.metric and usage.measure = periods.measure
    where usage.day >= periods.period_start and usage.day < periods.period_end
    group by org_id, quota_id, since
),

used_at_all as (
    select quotas.org_id as org_id, quotas.quota_id as quota_id, sum(usage.used) as used
    from {{ ref('stg_control__quotas') }} as quotas
    inner join usage
        on usage.org_id = quotas.org_id and usage.metric = quotas.metric and usage.measure = quotas.measure
    group by org_id, quota_id
),

counted_at_all as (
    select org_id, quota_id, sum(periods.used) as used
    from periods
    group by org_id, quota_id
)

select org_id, quota_id
from periods
where (org_id, quota_id, period_start, used) not in (select * from used_in_periods)
union all
select org_id, quota_id from used_at_all where tuple(*) not in (select * from counted_at_all)
union all
select org_id, quota_id from counted_at_all where tuple(*) not in (select * from used_at_all)
