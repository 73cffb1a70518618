{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'step', 'from_path', 'to_path'],
        meta={'upstream': ['fct_sessions', 'fct_pageviews']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_path_transitions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, day
from {{ changes_of(plan, 'fct_sessions') }}
where not is_bot
union distinct
-- A page may be another while its session's figures stay the same.
select org_id, site_id, day
from {{ ref('fct_sessions') }}
where not is_bot and session_id in (select session_id from {{ changes_of(plan, 'fct_pageviews') }} where not is_bot)
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
with sessions as (
    select session_id, org_id, site_id, day, toDate(started_at) as first_day, toDate(ended_at) as last_day
    from {{ ref('fct_sessions') }}
    where not is_bot and page_views > 0
{%- if plan.is_scoped %}
        and toDate(started_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
        and (org_id, site_id, day) in {{ scope }}
{%- endif %}
),

views as (
    select session_id, position, path
    from {{ ref('fct_pageviews') }}
    where not is_bot and visitor_id != ''
{%- if plan.is_scoped %}
        and toDate(occurred_at) between (select min(first_day) from sessions) and (select max(last_day) from sessions)
        and session_id in (select session_id from sessions)
{%- endif %}
),

-- Ten pages make a session's path as deep as a Sankey can be read.
paths as (
    select
        session_id,
        arraySlice(arrayCompact(arrayMap(view -> view.2, arraySort(groupArray((position, path))))), 1, 11) as pages
    from views
    group by session_id
),

transitions as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        sessions.day as day,
        step,
        pages[step] as from_path,
        pages[step + 1] as to_path,
        step = length(pages) as is_exit
    from sessions
    inner join paths on paths.session_id = sessions.session_id
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
