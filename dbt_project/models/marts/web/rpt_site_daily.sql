{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day'],
        meta={'upstream': ['stg_events__receipts', 'fct_sessions', 'stg_control__sites']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_site_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = '(select org_id, site_id from ' ~ changes_of(plan, 'stg_control__sites') ~ ')' %}
{%- set days -%}
    {{ local_day('events.occurred_at', 'sites.timezone') }} as day
{%- endset %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

changed_days as (
    select org_id, site_id, {{ days }}
    from {{ changes_of(plan, 'stg_events__receipts') }} as events
    left join sites using (org_id, site_id)
    where not is_duplicate
    union distinct
    select org_id, site_id, day
    from {{ changes_of(plan, 'fct_sessions') }}
    union distinct
    select org_id, site_id, {{ days }}
    from {{ ref('stg_events__events') }} as events
    left join sites using (org_id, site_id)
    where (org_id, site_id) in {{ changed_sites }}
    union distinct
    select org_id, site_id, day
    from {{ this }}
    where (org_id, site_id) in {{ changed_sites }}
)

-- A local day lies in up to three days of UTC, a day of UTC in one.
select
    org_id,
    site_id,
    day,
    if(any(sites.timezone) in ('', 'UTC'), [day], [day - 1, day, day + 1]) as utc_days
from changed_days
left join sites using (org_id, site_id)
group by org_id, site_id, day
-- replaces
(org_id, site_id, day) in (select org_id, site_id, day from {{ scope }})
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

events_by_day as (
    select
        events.org_id as org_id,
        events.site_id as site_id,
        {{ local_day('events.occurred_at', 'sites.timezone') }} as day,
        if(any(sites.timezone) = '', 'UTC', any(sites.timezone)) as timezone,
        countIf(not events.is_bot) as events,
        countIf({{ is_page_view('events.event') }} and not events.is_bot) as page_views,
        countIf(events.is_bot) as bot_events,
        countIf({{ is_page_view('events.event') }} and events.is_bot) as bot_page_views
    from {{ ref('stg_events__events') }} as events
    left join sites on sites.org_id = events.org_id and sites.site_id = events.site_id
{%- if plan.is_scoped %}
    where toDate(events.occurred_at) in (select arrayJoin(utc_days) from {{ scope }})
        and (events.org_id, events.site_id, toDate(events.occurred_at))
        in (select org_id, site_id, arrayJoin(utc_days) from {{ scope }})
        and (events.org_id, events.site_id, {{ local_day('events.occurred_at', 'sites.timezone') }})
        in (select org_id, site_id, day from {{ scope }})
{%- endif %}
    group by org_id, site_id, day
),

sessions_by_day as (
    select
        org_id,
        site_id,
        day,
        countIf(not is_bot) as sessions,
        uniqExactIf(visitor_id, not is_bot) as visitors,
        countIf(is_new_visitor and not is_bot) as new_visitors,
        countIf(is_bounce and not is_bot) as bounces,
        countIf(is_engaged and not is_bot) as engaged_sessions,
        sumIf(duration_seconds, not is_bot) as total_duration_seconds,
        countIf(is_bot) as bot_sessions
    from {{ ref('fct_sessions') }}
{%- if plan.is_scoped %}
    where toDate(started_at) in (select arrayJoin(utc_days) from {{ scope }})
        and (org_id, site_id, day) in (select org_id, site_id, day from {{ scope }})
{%- endif %}
    group by org_id, site_id, day
)

select
    events_by_day.org_id as org_id,
    events_by_day.site_id as site_id,
    events_by_day.day as day,
    events_by_day.timezone as timezone,
    events_by_day.events as events,
    events_by_day.page_views as page_views,
    sessions_by_day.visitors as visitors,
    sessions_by_day.new_visitors as new_visitors,
    sessions_by_day.sessions as sessions,
    sessions_by_day.bounces as bounces,
    sessions_by_day.engaged_sessions as engaged_sessions,
    sessions_by_day.total_duration_seconds as total_duration_seconds,
    if(sessions = 0, 0, bounces / sessions) as bounce_rate,
    if(sessions = 0, 0, toFloat64(total_duration_seconds) / sessions) as average_duration_seconds,
    events_by_day.bot_events as bot_events,
    events_by_day.bot_page_views as bot_page_views,
    sessions_by_day.bot_sessions as bot_sessions
from events_by_day
left join sessions_by_day
    on sessions_by_day.org_id = events_by_day.org_id
    and sessions_by_day.site_id = events_by_day.site_id
    and sessions_by_day.day = events_by_day.day
