{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'path', 'device_type', 'cell_x', 'cell_y'],
        meta={'upstream': ['int_clicks_judged', 'stg_control__sites']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_click_grid_daily') %}
{%- set day = local_day('clicks.occurred_at', 'sites.timezone') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = changed_sites(plan, ['stg_control__sites']) %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select distinct clicks.org_id as org_id, clicks.site_id as site_id, {{ day }} as day, clicks.path as path
from {{ changes_of(plan, 'int_clicks_judged') }} as clicks
left join sites on sites.org_id = clicks.org_id and sites.site_id = clicks.site_id
union distinct
select clicks.org_id, clicks.site_id, {{ day }}, clicks.path
from {{ ref('int_clicks_judged') }} as clicks
left join sites on sites.org_id = clicks.org_id and sites.site_id = clicks.site_id
where (clicks.org_id, clicks.site_id) in {{ changed_sites }}
union distinct
select org_id, site_id, day, path
from {{ this }}
where (org_id, site_id) in {{ changed_sites }}
-- replaces
(org_id, site_id, day, path) in {{ scope }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    clicks.org_id as org_id,
    clicks.site_id as site_id,
    {{ day }} as day,
    clicks.path as path,
    toLowCardinality(clicks.device_type) as device_type,
    {{ page_cell('clicks.x') }} as cell_x,
    {{ page_cell('clicks.y') }} as cell_y,
    count() as clicks,
    uniqExact(clicks.visitor_id) as visitors,
    countIf(clicks.is_rage) as rage_clicks,
    countIf(clicks.is_dead) as dead_clicks,
    countIf(clicks.is_error) as error_clicks
from {{ ref('int_clicks_judged') }} as clicks
left join sites on sites.org_id = clicks.org_id and sites.site_id = clicks.site_id
{%- if plan.is_scoped %}
where toDate(clicks.occurred_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
    and (clicks.org_id, clicks.site_id, {{ day }}, clicks.path) in {{ scope }}
{%- endif %}
group by org_id, site_id, day, path, device_type, cell_x, cell_y
