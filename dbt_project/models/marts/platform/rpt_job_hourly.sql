{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(hour)',
        order_by=['org_id', 'site_id', 'hour', 'service', 'queue', 'job'],
        meta={'upstream': ['stg_events__receipts']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_job_hourly') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, toStartOfHour(toDateTime(occurred_at, 'UTC')) as hour
from {{ changes_of(plan, 'stg_events__receipts') }}
where event in ('job.completed', 'job.failed') and not is_bot and not is_duplicate
-- replaces
(org_id, site_id, hour) in {{ scope }}
-- rows
{%- endif %}
with jobs as (
    select
        org_id,
        site_id,
        toStartOfHour(occurred_at) as hour,
        service,
        event = 'job.failed' as is_failed,
        JSONExtractString(properties, 'queue') as queue,
        JSONExtractString(properties, 'job') as job,
        {{ milliseconds('wait_ms') }} as wait_ms,
        {{ milliseconds('duration_ms') }} as duration_ms
    from {{ ref('stg_events__events') }}
    where event in ('job.completed', 'job.failed') and not is_bot
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select toDate(hour) from {{ scope }})
        and (org_id, site_id, toStartOfHour(toDateTime(occurred_at, 'UTC'))) in {{ scope }}
{%- endif %}
)

select
    org_id,
    site_id,
    toDateTime(hour, 'UTC') as hour,
    service,
    toLowCardinality(queue) as queue,
    toLowCardinality(job) as job,
    count() as runs,
    countIf(is_failed) as failures,
    sum(jobs.duration_ms) as total_ms,
    toFloat64(total_ms) / runs as average_ms,
    quantileExactInclusive(0.95)(toFloat64(jobs.duration_ms)) as p95_ms,
    sum(jobs.wait_ms) as total_wait_ms,
    toFloat64(total_wait_ms) / runs as average_wait_ms,
    quantileExactInclusive(0.95)(toFloat64(jobs.wait_ms)) as p95_wait_ms
from jobs
group by org_id, site_id, hour, service, queue, job
