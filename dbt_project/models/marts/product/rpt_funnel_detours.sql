{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'funnel_id', 'step', 'is_drop_off', 'path'],
        meta={'upstream': ['int_funnel_detours']},
    )
}}
{{ build_plan().header }}
select
    org_id,
    site_id,
    funnel_id,
    step,
    is_drop_off,
    path,
    count() as attempts
from {{ ref('int_funnel_detours') }}
array join paths as path
group by org_id, site_id, funnel_id, step, is_drop_off, path
order by attempts desc, path
limit {{ var('funnel_detours', 20) }} by org_id, site_id, funnel_id, step, is_drop_off
