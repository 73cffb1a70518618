{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with funnels as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(
                steps Array(Tuple(
                    name String,
                    match Tuple(event String, conditions Array(Tuple(field String, operator String, value String))),
                    is_required Bool
                )),
                order String,
                window_seconds UInt32,
                exclusions Array(Tuple(
                    event String,
                    conditions Array(Tuple(field String, operator String, value String))
                )),
                breakdown String
            )'
        ) as d
    from {{ source('raw_control', 'funnels') }}
)

select
    org_id,
    site_id,
    id as funnel_id,
    name,
    d.steps as steps,
    d.order as step_order,
    d.window_seconds as window_seconds,
    d.exclusions as exclusions,
    d.breakdown as breakdown,
    arrayDistinct(
        arrayConcat(arrayMap(step -> step.match.event, d.steps), arrayMap(match -> match.event, d.exclusions))
    ) as event_names
from funnels
