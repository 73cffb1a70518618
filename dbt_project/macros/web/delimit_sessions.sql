{#
  Statement with one row per session: see int_sessions_delimited, which is this without a plan. int_sessions_dated builds from
  the statement and not from that view: an array's elements cannot be asked for from outside, so the events of a
  scope or batch have to be chosen inside.

  `events`: relation of the events. `plan`: plan of int_sessions_dated; if it is scoped, only the events in the scope's windows are read.
#}
{% macro delimit_sessions(events, plan=none) -%}
-- Sorted arrays, split where the gap is too long: 1.8 s for 2 M events of 200,000 visitors where window functions take
-- 9.8 s, and a bare GROUP BY of the same columns 1.0 s.
with
{%- if plan and plan.is_scoped %}
-- The scope's windows without what they have in common: what lies between two that are no further apart than the timeout
-- is near a change itself, so an event is in one of these or in none. A machine may have 20,000, too many for an array
-- beside each of its events.
edges as (
    select
        org_id,
        site_id,
        visitor_id,
        is_bot,
        arraySort(
            e -> (e.1, -e.2),
            groupArrayArray([(from_at, 1), (to_at, -1)]::Array(Tuple(DateTime64(3, 'UTC'), Int64)))
        ) as edges
    from {{ scope_of('int_sessions_dated') }}
    group by org_id, site_id, visitor_id, is_bot
),

windows as (
    select org_id, site_id, visitor_id, is_bot, joined[1].1 as from_at, joined[-1].1 as to_at
    from edges
    array join arraySplit(
        (e, open_before, gap) -> open_before = 0 and gap > {{ var('session_timeout_minutes') }} * 60000,
        edges,
        arrayPushFront(arrayPopBack(arrayCumSum(e -> e.2, edges)), 0),
        arrayDifference(arrayMap(e -> toUnixTimestamp64Milli(e.1), edges))
    ) as joined
),
{%- endif %}

events as (
    select
        events.org_id as org_id,
        events.site_id as site_id,
        events.visitor_id as visitor_id,
        events.is_bot as is_bot,
        (
            occurred_at,
            id,
            cityHash64(collector_id, sequence),
            {{ is_page_view() }},
            path,
            user_id,
            referrer,
            utm_source,
            utm_medium,
            utm_campaign,
            utm_term,
            utm_content,
            {{ click_id() }},
            browser,
            browser_version,
            os,
            os_version,
            device_type,
            language,
            timezone,
            screen_width,
            screen_height,
            country,
            region,
            city
        )::Tuple(
            occurred_at DateTime64(3, 'UTC'),
            id UUID,
            hash UInt64,
            is_page_view Bool,
            path String,
            user_id String,
            referrer String,
            utm_source String,
            utm_medium String,
            utm_campaign String,
            utm_term String,
            utm_content String,
            click_id String,
            browser String,
            browser_version String,
            os String,
            os_version String,
            device_type String,
            language String,
            timezone String,
            screen_width UInt16,
            screen_height UInt16,
            country String,
            region String,
            city String
        ) as event
    from {{ events }} as events
{%- if plan and plan.is_scoped %}
    asof inner join windows
        on windows.org_id = events.org_id
        and windows.site_id = events.site_id
        and windows.visitor_id = events.visitor_id
        and windows.is_bot = events.is_bot
        and windows.from_at <= events.occurred_at
{%- endif %}
    where visitor_id != ''
        and {{ in_batch('cityHash64(visitor_id)') }}
{%- if plan and plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope_of('int_sessions_dated') }})
        and (toDate(occurred_at), org_id, site_id, visitor_id) in (
            select arrayJoin({{ days_between('from_at', 'to_at') }}), org_id, site_id, visitor_id from {{ scope_of('int_sessions_dated') }}
        )
        and occurred_at <= windows.to_at
{%- endif %}
),

visitors as (
    select
        org_id,
        site_id,
        visitor_id,
        is_bot,
        -- UUIDToNum: ClickHouse compares UUIDs by their second half first, everyone else as they are written.
        arraySort(e -> (e.occurred_at, UUIDToNum(e.id)), groupArray(event)) as history
    from events
    group by org_id, site_id, visitor_id, is_bot
),

histories as (
    select
        org_id,
        site_id,
        visitor_id,
        is_bot,
        arraySplit(
            (e, gap) -> gap > {{ var('session_timeout_minutes') }} * 60000,
            history,
            arrayDifference(arrayMap(e -> toUnixTimestamp64Milli(e.occurred_at), history))
        ) as sessions
    from visitors
),

sessions as (
    select
        org_id,
        site_id,
        visitor_id,
        is_bot,
        session,
        session[1] as first_event
    from histories
    array join sessions as session
)

select
    {{ session_id('first_event.occurred_at') }} as session_id,
    org_id,
    site_id,
    visitor_id,
    is_bot,
    first_event.occurred_at as started_at,
    session[-1].occurred_at as ended_at,
    toDecimal64(dateDiff('millisecond', started_at, ended_at), 3) / 1000 as duration_seconds,
    toUInt32(length(session)) as events,
    arraySum(e -> e.hash, session) as events_hash,
    toUInt32(arrayCount(e -> e.is_page_view, session)) as page_views,
    arrayFirst(e -> e.is_page_view, session).path as entry_path,
    arrayLast(e -> e.is_page_view, session).path as exit_path,
    arrayLast(e -> e.user_id != '', session).user_id as user_id,
    first_event.referrer as referrer,
    first_event.utm_source as utm_source,
    first_event.utm_medium as utm_medium,
    first_event.utm_campaign as utm_campaign,
    first_event.utm_term as utm_term,
    first_event.utm_content as utm_content,
    first_event.click_id as click_id,
    first_event.browser as browser,
    first_event.browser_version as browser_version,
    first_event.os as os,
    first_event.os_version as os_version,
    first_event.device_type as device_type,
    first_event.language as language,
    first_event.timezone as timezone,
    first_event.screen_width as screen_width,
    first_event.screen_height as screen_height,
    first_event.country as country,
    first_event.region as region,
    first_event.city as city
from sessions
{%- endmacro %}
