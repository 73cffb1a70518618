{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(hour)',
        order_by=['org_id', 'site_id', 'hour', 'days_late'],
        meta={'upstream': ['int_receipts_counted']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_late_events') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, hour, days_late
from {{ changes_of(plan, 'int_receipts_counted') }}
where days_late > 0
-- replaces
(org_id, site_id, hour, days_late) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    hour,
    days_late,
    sum(counted.events) as events
from {{ ref('int_receipts_counted') }} as counted
where days_late > 0 and counted.events > 0
{%- if plan.is_scoped %}
    and (org_id, site_id, hour, days_late) in {{ scope }}
{%- endif %}
group by org_id, site_id, hour, days_late
