{{ config(order_by=['org_id', 'site_id', 'day', 'channel', 'source', 'medium', 'campaign']) }}

with channels as (
    select session_id, channel, source, medium, campaign from {{ ref('int_sessions_channeled') }}
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
from {{ ref('fct_sessions') }} as sessions
inner join channels on channels.session_id = sessions.session_id
where not sessions.is_bot
group by org_id, site_id, day, channel, source, medium, campaign
