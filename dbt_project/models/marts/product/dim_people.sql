{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(first_seen_at)',
        order_by=['org_id', 'site_id', 'person_id'],
        meta={
            'upstream': ['stg_events__receipts', 'fct_sessions', 'int_visitors_resolved'],
            'logged': ['org_id', 'site_id', 'person_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('dim_people') %}
{%- set chosen -%}
    {%- if plan.is_scoped -%}
    {{ is_named_in(scope, 'person_id') }}
    {%- else -%}
    {{ in_batch('cityHash64(person_id)') }}
    {%- endif -%}
{%- endset %}
{%- set origin -%}
    Tuple(
        channel String,
        source String,
        medium String,
        campaign String,
        entry_path String,
        country String,
        device_type String
    )
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Whoever has a changed session, gained or lost a visitor, or is named by a changed event of a server.
select org_id, site_id, person_id
from {{ ref('int_visitors_resolved') }}
where (org_id, site_id, visitor_id) in (
    select org_id, site_id, visitor_id from {{ changes_of(plan, 'fct_sessions') }} where not is_bot
)
union distinct
select org_id, site_id, person_id from {{ moved_people(plan) }}
union distinct
select org_id, site_id, {{ person_id('user_id') }} as person_id
from {{ changes_of(plan, 'stg_events__receipts') }}
where visitor_id = '' and user_id != '' and not is_bot and not is_duplicate
-- replaces
{{ chosen }}
-- rows
{%- endif %}
with visitors as (
    select org_id, site_id, visitor_id, user_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where {{ chosen }}
),

-- All events of a visitor lie in sessions. A person's sessions on several devices may begin at the same time.
in_sessions as (
    select
        fct.org_id as org_id,
        fct.site_id as site_id,
        visitors.person_id as person_id,
        any(visitors.user_id) as user_id,
        uniqExact(fct.visitor_id) as visitors,
        count() as sessions,
        sum(toUInt64(fct.events)) as events,
        min(fct.started_at) as first_seen_at,
        max(fct.ended_at) as last_seen_at,
        argMin(
            (
                fct.channel,
                fct.source,
                fct.medium,
                fct.campaign,
                fct.entry_path,
                fct.country,
                fct.device_type
            )::{{ origin }},
            (fct.started_at, UUIDToNum(fct.session_id))
        ) as first
    from {{ ref('fct_sessions') }} as fct
    inner join visitors
        on visitors.org_id = fct.org_id
        and visitors.site_id = fct.site_id
        and visitors.visitor_id = fct.visitor_id
    where not fct.is_bot
        and (fct.org_id, fct.site_id, fct.visitor_id) in (select org_id, site_id, visitor_id from visitors)
    group by org_id, site_id, person_id
),

by_servers as (
    select
        org_id,
        site_id,
        -- Of other events nobody is asked for: to hash the names of 750,000 takes 0.2 s.
        if(
            visitor_id = '' and user_id != '',
            {{ person_id('user_id') }},
            toUUID('00000000-0000-0000-0000-000000000000')
        ) as person_id,
        any(user_id) as named_user_id,
        count() as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from {{ ref('stg_events__events') }}
    where visitor_id = '' and user_id != '' and not is_bot and {{ chosen }}
    group by org_id, site_id, person_id
),

parts as (
    select
        org_id, site_id, person_id, user_id, visitors, sessions, events, first_seen_at, last_seen_at, first
    from in_sessions
    union all
    select
        org_id,
        site_id,
        person_id,
        named_user_id as user_id,
        0 as visitors,
        0 as sessions,
        events,
        first_seen_at,
        last_seen_at,
        ('', '', '', '', '', '', '')::{{ origin }} as first
    from by_servers
),

people as (
    select
        org_id,
        site_id,
        person_id,
        max(parts.user_id) as user_id,
        sum(parts.visitors) as visitors,
        sum(parts.sessions) as sessions,
        sum(parts.events) as events,
        min(parts.first_seen_at) as first_seen_at,
        max(parts.last_seen_at) as last_seen_at,
        -- No session comes by a channel without a name.
        max(parts.first) as origin
    from parts
    group by org_id, site_id, person_id
)

select
    org_id,
    site_id,
    person_id,
    user_id,
    (user_id != '')::Bool as is_known,
    visitors,
    sessions,
    events,
    first_seen_at,
    last_seen_at,
    toLowCardinality(origin.channel) as first_channel,
    toLowCardinality(origin.source) as first_source,
    toLowCardinality(origin.medium) as first_medium,
    toLowCardinality(origin.campaign) as first_campaign,
    origin.entry_path as first_entry_path,
    toLowCardinality(origin.country) as first_country,
    toLowCardinality(origin.device_type) as first_device_type
from people
