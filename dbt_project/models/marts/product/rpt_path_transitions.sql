{{ config(order_by=['org_id', 'site_id', 'day', 'step', 'from_path', 'to_path']) }}

with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

sessions as (
    select org_id, site_id, visitor_id, session_id, started_at
    from {{ ref('fct_sessions') }}
    where not is_bot and page_views > 0
),

views as (
    select org_id, site_id, visitor_id, id, occurred_at, path
    from {{ ref('stg_events__events') }}
    where {{ is_page_view() }} and not is_bot and visitor_id != ''
),

-- Ten pages make a session's path as deep as a Sankey can be read.
paths as (
    select
        views.org_id as org_id,
        views.site_id as site_id,
        sessions.session_id as session_id,
        any(sessions.started_at) as started_at,
        arraySlice(
            arrayCompact(
                arrayMap(view -> view.3, arraySort(groupArray((views.occurred_at, UUIDToNum(views.id), views.path))))
            ),
            1,
            11
        ) as pages
    from views
    asof inner join sessions
        on sessions.org_id = views.org_id
        and sessions.site_id = views.site_id
        and sessions.visitor_id = views.visitor_id
        and sessions.started_at <= views.occurred_at
    group by org_id, site_id, session_id
),

transitions as (
    select
        paths.org_id as org_id,
        paths.site_id as site_id,
        {{ local_day('paths.started_at', 'sites.timezone') }} as day,
        step,
        pages[step] as from_path,
        pages[step + 1] as to_path,
        step = length(pages) as is_exit
    from paths
    left join sites on sites.org_id = paths.org_id and sites.site_id = paths.site_id
    array join arraySlice(arrayEnumerate(pages), 1, 10) as step
)

select
    org_id,
    site_id,
    day,
    toUInt8(step) as step,
    from_path,
    to_path,
    is_exit::Bool as is_exit,
    count() as sessions
from transitions
group by org_id, site_id, day, step, from_path, to_path, is_exit
