{{ config(order_by=['org_id', 'site_id', 'person_id']) }}

with visitors as (
    select * from {{ ref('int_visitors_resolved') }}
),

people as (
    select
        org_id,
        site_id,
        person_id,
        anyIf(user_id, visitor_id = '') as user_of_server_events,
        uniqExactIf(visitor_id, visitor_id != '') as visitors,
        count() as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from {{ ref('int_events_attributed') }}
    group by org_id, site_id, person_id
),

users as (
    select org_id, site_id, person_id, any(user_id) as user_id
    from visitors
    group by org_id, site_id, person_id
),

channels as (
    select session_id, channel, source, medium, campaign from {{ ref('int_sessions_channeled') }}
),

-- A person's sessions on several devices may begin at the same time.
sessions as (
    select
        fct.org_id as org_id,
        fct.site_id as site_id,
        visitors.person_id as person_id,
        count() as sessions,
        argMin(
            (
                channels.channel,
                channels.source,
                channels.medium,
                channels.campaign,
                fct.entry_path,
                fct.country,
                fct.device_type
            )::Tuple(
                channel String,
                source String,
                medium String,
                campaign String,
                entry_path String,
                country String,
                device_type String
            ),
            (fct.started_at, UUIDToNum(fct.session_id))
        ) as first
    from {{ ref('fct_sessions') }} as fct
    inner join channels on channels.session_id = fct.session_id
    inner join visitors
        on visitors.org_id = fct.org_id
        and visitors.site_id = fct.site_id
        and visitors.visitor_id = fct.visitor_id
    where not fct.is_bot
    group by org_id, site_id, person_id
)

select
    people.org_id as org_id,
    people.site_id as site_id,
    people.person_id as person_id,
    if(users.user_id != '', users.user_id, people.user_of_server_events) as user_id,
    (user_id != '')::Bool as is_known,
    people.visitors as visitors,
    sessions.sessions as sessions,
    people.events as events,
    people.first_seen_at as first_seen_at,
    people.last_seen_at as last_seen_at,
    toLowCardinality(sessions.first.channel) as first_channel,
    toLowCardinality(sessions.first.source) as first_source,
    toLowCardinality(sessions.first.medium) as first_medium,
    toLowCardinality(sessions.first.campaign) as first_campaign,
    sessions.first.entry_path as first_entry_path,
    toLowCardinality(sessions.first.country) as first_country,
    toLowCardinality(sessions.first.device_type) as first_device_type
from people
left join users
    on users.org_id = people.org_id and users.site_id = people.site_id and users.person_id = people.person_id
left join sessions
    on sessions.org_id = people.org_id
    and sessions.site_id = people.site_id
    and sessions.person_id = people.person_id
