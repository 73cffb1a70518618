{{
    config(
        partition_by='toDate(started_at)',
        order_by=['org_id', 'site_id', 'visitor_id', 'started_at'],
    )
}}

with sessions as (
    select * from {{ ref('int_sessions_delimited') }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
)

select
    sessions.session_id as session_id,
    sessions.org_id as org_id,
    sessions.site_id as site_id,
    sessions.visitor_id as visitor_id,
    sessions.user_id as user_id,
    {{ local_day('sessions.started_at', 'sites.timezone') }} as day,
    sessions.started_at as started_at,
    sessions.ended_at as ended_at,
    sessions.duration_seconds as duration_seconds,
    sessions.events as events,
    sessions.page_views as page_views,
    sessions.entry_path as entry_path,
    sessions.exit_path as exit_path,
    sessions.is_bot as is_bot,
    sessions.is_new_visitor as is_new_visitor,
    (sessions.page_views = 1)::Bool as is_bounce,
    ({{ is_engaged('sessions.duration_seconds', 'sessions.page_views') }})::Bool as is_engaged,
    sessions.referrer as referrer,
    toLowCardinality(sessions.utm_source) as utm_source,
    toLowCardinality(sessions.utm_medium) as utm_medium,
    toLowCardinality(sessions.utm_campaign) as utm_campaign,
    toLowCardinality(sessions.utm_term) as utm_term,
    toLowCardinality(sessions.utm_content) as utm_content,
    toLowCardinality(sessions.click_id) as click_id,
    toLowCardinality(sessions.browser) as browser,
    toLowCardinality(sessions.browser_version) as browser_version,
    toLowCardinality(sessions.os) as os,
    toLowCardinality(sessions.os_version) as os_version,
    toLowCardinality(sessions.device_type) as device_type,
    toLowCardinality(sessions.language) as language,
    toLowCardinality(sessions.country) as country,
    toLowCardinality(sessions.region) as region,
    toLowCardinality(sessions.city) as city
from sessions
left join sites on sites.org_id = sessions.org_id and sites.site_id = sessions.site_id
