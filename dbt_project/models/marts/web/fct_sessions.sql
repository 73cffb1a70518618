{{
    config(
        materialized='partitions',
        partition_by=partition_of('started_at'),
        order_by=['org_id', 'site_id', 'visitor_id', 'started_at'],
        meta={
            'upstream': [
                'int_sessions_dated',
                'int_sessions_channeled',
                'fct_pageviews',
                'fct_goal_completions',
                'stg_control__sites',
                'stg_control__channel_rules',
                'stg_control__goals',
            ],
            'logged': [
                'org_id', 'site_id', 'visitor_id', 'is_bot', 'session_id', 'started_at', 'ended_at', 'day',
            ],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_sessions') %}
{%- set in_batch_of_visitors = in_batch('cityHash64(visitor_id)') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_sessions(plan, ['stg_control__sites', 'stg_control__channel_rules', 'stg_control__goals']) }}
-- replaces
{{ is_session_of(scope) }}
-- rows
{%- endif %}
with sessions as (
    select *
    from {{ ref('int_sessions_dated') }}
    where {{ is_session_of(scope) if plan.is_scoped else in_batch_of_visitors }}
),

channels as (
    select session_id, channel, source, medium, campaign
    from {{ ref('int_sessions_channeled') }}
    where {{ is_session_of(scope) if plan.is_scoped else in_batch_of_visitors }}
),

scrolled as (
    select session_id, max(views.scroll_depth) as scroll_depth
    from {{ ref('fct_pageviews') }} as views
    where visitor_id != '' and views.scroll_depth > 0
        and {{ is_in_sessions(scope) if plan.is_scoped else in_batch_of_visitors }}
    group by session_id
),

reached as (
    select session_id, arraySort(groupUniqArray(toString(goal_id))) as goals
    from {{ ref('fct_goal_completions') }}
    where visitor_id != ''
        and {{ is_in_sessions(scope, 'completed_at') if plan.is_scoped else in_batch_of_visitors }}
    group by session_id
)

select
    sessions.session_id as session_id,
    sessions.* except (session_id),
    toLowCardinality(channels.channel) as channel,
    toLowCardinality(channels.source) as source,
    toLowCardinality(channels.medium) as medium,
    toLowCardinality(channels.campaign) as campaign,
    scrolled.scroll_depth as scroll_depth,
    reached.goals as goals
from sessions
left join channels on channels.session_id = sessions.session_id
left join scrolled on scrolled.session_id = sessions.session_id
left join reached on reached.session_id = sessions.session_id
