{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'step', 'from_path', 'to_path'],
        meta={'upstream': ['int_sessions_dated', 'fct_pageviews']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_path_transitions') %}
{%- set keys = ['org_id', 'site_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'int_sessions_dated') }}
where not is_bot
-- replaces
({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ scope }})
-- rows
{%- endif %}
with sessions as (
    select org_id, site_id, session_id, day, started_at, ended_at
    from {{ ref('int_sessions_dated') }}
    where not is_bot
        and page_views > 0
        and {{ is_on_days(scope, 'started_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
),

-- Ten pages make a session's path as deep as a Sankey can be read.
paths as (
    select
        session_id,
        arraySlice(
            arrayCompact(arrayMap(view -> view.2, arraySort(view -> view.1, groupArray((position, path))))),
            1,
            11
        ) as pages
    from {{ ref('fct_pageviews') }}
    where session_id in (select session_id from sessions)
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select arrayJoin({{ days_between('started_at', 'ended_at') }}) from sessions)
{%- endif %}
    group by session_id
),

transitions as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        sessions.day as day,
        step,
        paths.pages[step] as from_path,
        paths.pages[step + 1] as to_path,
        step = length(paths.pages) as is_exit
    from sessions
    inner join paths on paths.session_id = sessions.session_id
    array join arraySlice(arrayEnumerate(paths.pages), 1, 10) as step
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
