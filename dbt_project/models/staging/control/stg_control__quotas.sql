{{
    config(
        materialized='partitions',
        order_by=['org_id', 'quota_id'],
        meta={'logged': ['org_id', 'metric']},
    )
}}
{{ replace_everything(build_plan()) }}
with quotas as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(metric String, measure String, period String, limit UInt64, warn_at_percent UInt8)'
        ) as d
    from {{ source('raw_control', 'quotas') }}
)

select
    org_id,
    id as quota_id,
    name,
    d.metric as metric,
    d.measure as measure,
    d.period as period,
    d.limit as limit,
    d.warn_at_percent as warn_at_percent
from quotas
