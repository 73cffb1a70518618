{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with channel_rules as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(
                channel String,
                conditions Array(Tuple(field String, operator String, value String)),
                position UInt16
            )'
        ) as d
    from {{ source('raw_control', 'channel_rules') }}
)

select
    org_id,
    site_id,
    id as rule_id,
    name,
    d.channel as channel,
    d.conditions as conditions,
    d.position as position
from channel_rules
