{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'path', 'device_type', 'cell_x', 'cell_y'],
        meta={'upstream': ['stg_events__receipts', 'stg_control__sites']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_move_grid_daily') %}
{%- set day = local_day('moves.occurred_at', 'sites.timezone') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_days(plan, "event = 'move'") }}
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

moves as (
    select
        org_id,
        site_id,
        visitor_id,
        occurred_at,
        path,
        device_type,
        {{ page_pixels('x') }} as x,
        {{ page_pixels('y') }} as y
    from {{ ref('stg_events__events') }}
    where event = 'move' and not is_bot
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
        and (org_id, site_id) in (select org_id, site_id from {{ scope }})
{%- endif %}
)

select
    moves.org_id as org_id,
    moves.site_id as site_id,
    {{ day }} as day,
    moves.path as path,
    moves.device_type as device_type,
    {{ page_cell('moves.x') }} as cell_x,
    {{ page_cell('moves.y') }} as cell_y,
    count() as moves,
    uniqExactIf(moves.visitor_id, moves.visitor_id != '') as visitors
from moves
left join sites on sites.org_id = moves.org_id and sites.site_id = moves.site_id
where {% if plan.is_scoped %}(moves.org_id, moves.site_id, {{ day }}) in {{ scope }}
{%- else %}{{ in_batch('toUInt32(' ~ day ~ ')') }}{% endif %}
group by org_id, site_id, day, path, device_type, cell_x, cell_y
