-- depends_on: {{ ref('int_sessions_delimited') }}
{{
    config(
        materialized='partitions',
        partition_by=partition_of('started_at'),
        order_by=['org_id', 'site_id', 'visitor_id', 'started_at'],
        indexes=[{
            'name': 'days_spanned',
            'definition': 'toDate(ended_at) - toDate(started_at) type minmax granularity 1',
        }],
        meta={
            'upstream': ['stg_events__receipts', 'int_visitors_first_seen', 'stg_control__sites'],
            'logged': [
                'org_id', 'site_id', 'visitor_id', 'is_bot', 'session_id', 'started_at', 'ended_at', 'day',
            ],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_sessions_dated') %}
{%- set timeout = 'interval ' ~ var('session_timeout_minutes') ~ ' minute' %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who is near an instant that changed: sessions further off than the timeout cannot be cut or joined by it.
with changes as materialized (
    select org_id, site_id, visitor_id, is_bot, occurred_at as changed_at
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where visitor_id != '' and not is_duplicate
    union distinct
    select org_id, site_id, visitor_id, is_bot, first_seen_at as changed_at
    from {{ changes_of(plan, 'int_visitors_first_seen') }}
),

-- Days on which a session near a change may have started, if it ended on that day or the next.
days as materialized (
    select distinct
        arrayJoin({{ days_between('changed_at - ' ~ timeout ~ ' - interval 1 day', 'changed_at + ' ~ timeout) }}) as day,
        org_id,
        site_id,
        visitor_id
    from changes
),

candidates as (
    select org_id, site_id, visitor_id, is_bot, started_at, ended_at
    from {{ this }}
    where toDate(started_at) in (select day from days)
        and (toDate(started_at), org_id, site_id, visitor_id) in days
        and toDate(ended_at) - toDate(started_at) <= 1
    union all
    select org_id, site_id, visitor_id, is_bot, started_at, ended_at
    from {{ this }}
    where toDate(ended_at) - toDate(started_at) > 1
        and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from changes)
)

select org_id, site_id, visitor_id, is_bot, changed_at as from_at, changed_at as to_at
from changes
union all
select
    candidates.org_id as org_id,
    candidates.site_id as site_id,
    candidates.visitor_id as visitor_id,
    candidates.is_bot as is_bot,
    started_at as from_at,
    ended_at as to_at
from candidates
-- The first change that is not too early for the session: if that one is too late, they all are.
asof inner join changes
    on changes.org_id = candidates.org_id
    and changes.site_id = candidates.site_id
    and changes.visitor_id = candidates.visitor_id
    and changes.is_bot = candidates.is_bot
    and changes.changed_at >= candidates.started_at - {{ timeout }}
where changed_at <= ended_at + {{ timeout }}
union all
select org_id, site_id, visitor_id, is_bot, started_at as from_at, ended_at as to_at
from {{ this }}
where (org_id, site_id) in (select org_id, site_id from {{ changes_of(plan, 'stg_control__sites') }})
-- replaces
toDate(started_at) in (select toDate(from_at) from {{ scope }})
    and (org_id, site_id, visitor_id, is_bot, started_at)
    in (select org_id, site_id, visitor_id, is_bot, from_at from {{ scope }})
-- rows
{%- endif %}
with sessions as (
    select * from {{ sessions_delimited(plan) }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

visitors as (
    select org_id, site_id, visitor_id, is_bot, first_seen_at
    from {{ ref('int_visitors_first_seen') }}
    where {{ in_batch('cityHash64(visitor_id)') }}
{%- if plan.is_scoped %}
        and (org_id, site_id, visitor_id, is_bot) in (select org_id, site_id, visitor_id, is_bot from {{ scope }})
{%- endif %}
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
    sessions.events_hash as events_hash,
    sessions.page_views as page_views,
    sessions.entry_path as entry_path,
    sessions.exit_path as exit_path,
    sessions.is_bot as is_bot,
    (sessions.started_at = visitors.first_seen_at)::Bool as is_new_visitor,
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
    toLowCardinality(sessions.timezone) as timezone,
    sessions.screen_width as screen_width,
    sessions.screen_height as screen_height,
    toLowCardinality(sessions.country) as country,
    toLowCardinality(sessions.region) as region,
    toLowCardinality(sessions.city) as city
from sessions
left join sites on sites.org_id = sessions.org_id and sites.site_id = sessions.site_id
left join visitors
    on visitors.org_id = sessions.org_id
    and visitors.site_id = sessions.site_id
    and visitors.visitor_id = sessions.visitor_id
    and visitors.is_bot = sessions.is_bot
