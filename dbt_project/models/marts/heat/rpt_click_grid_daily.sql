{{ config(order_by=['org_id', 'site_id', 'day', 'path', 'device_type', 'cell_x', 'cell_y']) }}

with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    clicks.org_id as org_id,
    clicks.site_id as site_id,
    {{ local_day('clicks.occurred_at', 'sites.timezone') }} as day,
    clicks.path as path,
    toLowCardinality(clicks.device_type) as device_type,
    toUInt16(intDiv(greatest(0, clicks.x), {{ var('click_cell_pixels', 20) }})) as cell_x,
    toUInt16(intDiv(greatest(0, clicks.y), {{ var('click_cell_pixels', 20) }})) as cell_y,
    count() as clicks,
    uniqExact(clicks.visitor_id) as visitors,
    countIf(clicks.is_rage) as rage_clicks,
    countIf(clicks.is_dead) as dead_clicks,
    countIf(clicks.is_error) as error_clicks
from {{ ref('int_clicks_judged') }} as clicks
left join sites on sites.org_id = clicks.org_id and sites.site_id = clicks.site_id
group by org_id, site_id, day, path, device_type, cell_x, cell_y
