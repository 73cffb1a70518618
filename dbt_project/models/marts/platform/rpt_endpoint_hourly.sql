{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(hour)',
        order_by=['org_id', 'site_id', 'hour', 'service', 'method', 'endpoint'],
        meta={'upstream': ['stg_events__receipts']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_endpoint_hourly') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, toStartOfHour(toDateTime(occurred_at, 'UTC')) as hour
from {{ changes_of(plan, 'stg_events__receipts') }}
where event = 'api.request' and not is_bot and not is_duplicate
-- replaces
(org_id, site_id, hour) in {{ scope }}
-- rows
{%- endif %}
with requests as (
    select
        org_id,
        site_id,
        toStartOfHour(occurred_at) as hour,
        service,
        JSONExtractString(properties, 'method') as method,
        JSONExtractString(properties, 'endpoint') as endpoint,
        JSONExtractInt(properties, 'status') as status,
        {{ milliseconds('duration_ms') }} as duration_ms
    from {{ ref('stg_events__events') }}
    where event = 'api.request' and not is_bot
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
    toLowCardinality(method) as method,
    toLowCardinality(endpoint) as endpoint,
    count() as calls,
    countIf(status >= 400 and status < 500) as client_errors,
    countIf(status >= 500) as server_errors,
    server_errors / calls as error_rate,
    sum(requests.duration_ms) as total_ms,
    toFloat64(total_ms) / calls as average_ms,
    toFloat64(max(requests.duration_ms)) as max_ms,
    quantileExactInclusive(0.5)(toFloat64(requests.duration_ms)) as p50_ms,
    quantileExactInclusive(0.95)(toFloat64(requests.duration_ms)) as p95_ms,
    quantileExactInclusive(0.99)(toFloat64(requests.duration_ms)) as p99_ms
from requests
group by org_id, site_id, hour, service, method, endpoint
