{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with segments as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(rules Array(Tuple(
                kind String,
                match Tuple(event String, conditions Array(Tuple(field String, operator String, value String))),
                at_least UInt32,
                at_most Nullable(UInt32),
                field String,
                operator String,
                value String
            )))'
        ) as d
    from {{ source('raw_control', 'segments') }}
)

select
    org_id,
    site_id,
    id as segment_id,
    name,
    d.rules as rules
from segments
