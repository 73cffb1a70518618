{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id']},
    )
}}
{{ replace_everything(build_plan()) }}
with cohorts as (
    select
        *,
        JSONExtract(
            definition,
            'Tuple(start_event String, return_event String, breakdown String)'
        ) as d
    from {{ source('raw_control', 'cohorts') }}
)

select
    org_id,
    site_id,
    id as cohort_id,
    name,
    d.start_event as start_event,
    d.return_event as return_event,
    d.breakdown as breakdown
from cohorts
