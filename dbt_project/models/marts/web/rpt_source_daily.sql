{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'channel', 'source', 'medium', 'campaign'],
        meta={'upstream': ['fct_sessions']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_source_daily') %}
{%- set keys = ['org_id', 'site_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_sessions') }}
where not is_bot
-- replaces
({{ keys | join(', ') }}) in {{ scope }}
-- rows
{%- endif %}
select
    fct.org_id as org_id,
    fct.site_id as site_id,
    fct.day as day,
    fct.channel as channel,
    fct.source as source,
    fct.medium as medium,
    fct.campaign as campaign,
    count() as sessions,
    uniqExact(fct.visitor_id) as visitors,
    countIf(fct.is_new_visitor) as new_visitors,
    countIf(fct.is_bounce) as bounces,
    countIf(fct.is_engaged) as engaged_sessions,
    sum(toUInt64(fct.page_views)) as page_views,
    sum(fct.duration_seconds) as total_duration_seconds
from {{ ref('fct_sessions') }} as fct
where not is_bot
    and {{ is_on_days(scope, 'started_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
group by org_id, site_id, day, channel, source, medium, campaign
