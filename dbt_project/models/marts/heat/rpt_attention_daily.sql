{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'path', 'device_type', 'band'],
        meta={'upstream': ['stg_events__receipts', 'stg_control__sites']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_attention_daily') %}
{%- set day = local_day('signs.occurred_at', 'sites.timezone') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_days(plan, "event = 'attention'") }}
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

signs as (
    select
        org_id,
        site_id,
        visitor_id,
        occurred_at,
        path,
        device_type,
        {{ page_pixels('y') }} as y,
        toInt64({{ bounded_number('duration_ms', var('attention_at_most_ms')) }}) as lasted_ms
    from {{ ref('stg_events__events') }}
    where event = 'attention' and not is_bot
        -- Nobody looked at anything in no time.
        and lasted_ms > 0
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
        and (org_id, site_id) in (select org_id, site_id from {{ scope }})
{%- endif %}
)

select
    signs.org_id as org_id,
    signs.site_id as site_id,
    {{ day }} as day,
    signs.path as path,
    signs.device_type as device_type,
    toUInt16(intDiv(signs.y, {{ var('attention_band_pixels') }})) as band,
    sum(signs.lasted_ms) as attention_ms,
    uniqExactIf(signs.visitor_id, signs.visitor_id != '') as visitors
from signs
left join sites on sites.org_id = signs.org_id and sites.site_id = signs.site_id
where {% if plan.is_scoped %}(signs.org_id, signs.site_id, {{ day }}) in {{ scope }}
{%- else %}{{ in_batch('toUInt32(' ~ day ~ ')') }}{% endif %}
group by org_id, site_id, day, path, device_type, band
