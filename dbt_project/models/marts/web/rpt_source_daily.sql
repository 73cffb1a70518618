{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'channel', 'source', 'medium', 'campaign'],
        meta={'upstream': ['fct_sessions', 'int_sessions_channeled']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_source_daily') %}
{%- set keys = ['org_id', 'site_id', 'day'] %}
{%- set chosen -%}
    {{ is_on_days(scope, 'started_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_sessions') }}
where not is_bot
union distinct
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'int_sessions_channeled') }}
where not is_bot
-- replaces
({{ keys | join(', ') }}) in {{ scope }}
-- rows
{%- endif %}
with channels as (
    select session_id, channel, source, medium, campaign
    from {{ ref('int_sessions_channeled') }}
    where {{ chosen }}
),

sessions as (
    select *
    from {{ ref('fct_sessions') }}
    where not is_bot and {{ chosen }}
)

select
    sessions.org_id as org_id,
    sessions.site_id as site_id,
    sessions.day as day,
    toLowCardinality(channels.channel) as channel,
    toLowCardinality(channels.source) as source,
    toLowCardinality(channels.medium) as medium,
    toLowCardinality(channels.campaign) as campaign,
    count() as sessions,
    uniqExact(sessions.visitor_id) as visitors,
    countIf(sessions.is_new_visitor) as new_visitors,
    countIf(sessions.is_bounce) as bounces,
    countIf(sessions.is_engaged) as engaged_sessions,
    sum(toUInt64(sessions.page_views)) as page_views,
    sum(sessions.duration_seconds) as total_duration_seconds
from sessions
inner join channels on channels.session_id = sessions.session_id
group by org_id, site_id, day, channel, source, medium, campaign
