{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with goals as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(
                kind String,
                match Tuple(event String, conditions Array(Tuple(field String, operator String, value String))),
                more_than UInt32,
                is_once_per_session Bool,
                value Int64,
                value_property String,
                currency String,
                lookback_days UInt16
            )'
        ) as d
    from {{ source('raw_control', 'goals') }}
)

select
    org_id,
    site_id,
    id as goal_id,
    name,
    d.kind as kind,
    d.match.event as event,
    d.match.conditions as conditions,
    d.more_than as more_than,
    d.is_once_per_session as is_once_per_session,
    d.value as value,
    d.value_property as value_property,
    d.currency as currency,
    d.lookback_days as lookback_days
from goals
