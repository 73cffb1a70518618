{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_at'),
        order_by=['org_id', 'site_id', 'path', 'occurred_at'],
        meta={
            'upstream': ['stg_events__receipts', 'int_sessions_dated', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'day', 'path'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_pageviews') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_sessions(plan, ['stg_control__sites']) }}
union distinct
{{ changed_moments(plan, ['stg_control__sites'], is_page_view()) }}
-- replaces
toDate(occurred_at) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope }})
    and (
        visitor_id != '' and session_id in (select session_id from {{ scope }})
        or {{ is_moment_of(scope, 'occurred_at') }}
    )
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

sessions as (
    select org_id, site_id, visitor_id, is_bot, session_id, started_at, ended_at
    from {{ ref('int_sessions_dated') }}
    where {{ is_session_of(scope) if plan.is_scoped else in_batch('cityHash64(visitor_id)') }}
),

-- How far a page was scrolled is what the visitor's later scroll events say until the next page view.
events as (
    select
        org_id,
        site_id,
        visitor_id,
        is_bot,
        id,
        occurred_at,
        path,
        title,
        referrer,
        device_type,
        country,
        viewport_width,
        {{ is_page_view() }} as is_view,
        if(event = 'scroll', toUInt8(greatest(0, least(100, JSONExtractInt(properties, 'depth')))), 0) as depth
    from {{ ref('stg_events__events') }}
    where ({{ is_page_view() }} or event = 'scroll')
{%- if plan.is_scoped %}
        and {{ is_in_sessions(scope) }}
        and (visitor_id != '' or {{ is_moment_of(scope, 'occurred_at') }})
{%- else %}
        and {{ in_batch('cityHash64(visitor_id)') }}
{%- endif %}
),

placed as (
    select
        events.*,
        sessions.session_id as session_id,
        sessions.ended_at as ended_at
    from events
    asof left join sessions
        on sessions.org_id = events.org_id
        and sessions.site_id = events.site_id
        and sessions.visitor_id = events.visitor_id
        and sessions.is_bot = events.is_bot
        and sessions.started_at <= events.occurred_at
{%- if plan.is_scoped %}
    -- Other sessions of the same days are none of this build's. None at all ends at the first instant of 1970.
    where events.visitor_id = '' or sessions.visitor_id != '' and events.occurred_at <= sessions.ended_at
{%- endif %}
),

-- Split before each page view: an array's first element is the view, the rest what was scrolled on it.
histories as (
    select
        org_id,
        site_id,
        session_id,
        any(visitor_id) as visitor,
        any(is_bot) as is_bot,
        any(ended_at) as ended_at,
        arrayFilter(
            part -> part[1].is_view,
            arraySplit(
                e -> e.is_view,
                arraySort(
                    e -> (e.occurred_at, UUIDToNum(e.id)),
                    groupArray(
                        (
                            id, occurred_at, path, title, referrer, device_type, country, viewport_width, is_view, depth
                        )::Tuple(
                            id UUID,
                            occurred_at DateTime64(3, 'UTC'),
                            path String,
                            title String,
                            referrer String,
                            device_type String,
                            country String,
                            viewport_width UInt16,
                            is_view Bool,
                            depth UInt8
                        )
                    )
                )
            )
        ) as parts
    from placed
    where visitor_id != ''
    group by org_id, site_id, session_id
),

in_sessions as (
    select
        org_id,
        site_id,
        session_id,
        visitor as visitor_id,
        is_bot,
        part[1] as view,
        number,
        number = length(parts) as is_exit,
        if(is_exit, ended_at, parts[number + 1][1].occurred_at) as left_at,
        arrayMax(e -> e.depth, part) as scroll_depth
    from histories
    array join parts as part, arrayEnumerate(parts) as number
),

-- A view without a visitor lies in no session, so nobody knows how long it lasted.
without_visitor as (
    select
        org_id,
        site_id,
        toUUID('00000000-0000-0000-0000-000000000000') as session_id,
        '' as visitor_id,
        is_bot,
        (
            id, occurred_at, path, title, referrer, device_type, country, viewport_width, is_view, depth
        )::Tuple(
            id UUID,
            occurred_at DateTime64(3, 'UTC'),
            path String,
            title String,
            referrer String,
            device_type String,
            country String,
            viewport_width UInt16,
            is_view Bool,
            depth UInt8
        ) as view,
        0 as number,
        false as is_exit,
        occurred_at as left_at,
        toUInt8(0) as scroll_depth
    from events
    where events.visitor_id = '' and is_view
),

views as (
    select * from in_sessions
    union all
    select * from without_visitor
)

select
    views.view.id as event_id,
    views.org_id as org_id,
    views.site_id as site_id,
    views.session_id as session_id,
    views.visitor_id as visitor_id,
    {{ local_day('views.view.occurred_at', 'sites.timezone') }} as day,
    views.view.occurred_at as occurred_at,
    views.view.path as path,
    views.view.title as title,
    views.view.referrer as referrer,
    toLowCardinality(views.view.device_type) as device_type,
    toLowCardinality(views.view.country) as country,
    views.view.viewport_width as viewport_width,
    views.is_bot as is_bot,
    toUInt32(views.number) as position,
    (views.number = 1)::Bool as is_entry,
    views.is_exit::Bool as is_exit,
    toDecimal64(dateDiff('millisecond', views.view.occurred_at, views.left_at), 3) / 1000 as seconds_on_page,
    views.scroll_depth as scroll_depth
from views
left join sites on sites.org_id = views.org_id and sites.site_id = views.site_id
