{{ config(materialized='table', order_by=['org_id', 'site_id', 'person_id']) }}

with people as (
    select distinct org_id, site_id, person_id from {{ ref('int_payments_matched') }}
)

select
    visitors.org_id as org_id,
    visitors.site_id as site_id,
    visitors.person_id as person_id,
    arraySort(
        s -> (s.started_at, UUIDToNum(s.session_id)),
        groupArray(
            (
                sessions.started_at,
                sessions.session_id,
                sessions.visitor_id,
                channels.channel,
                channels.source,
                channels.medium,
                channels.campaign
            )::Tuple(
                started_at DateTime64(3, 'UTC'),
                session_id UUID,
                visitor_id String,
                channel String,
                source String,
                medium String,
                campaign String
            )
        )
    ) as history
from {{ ref('fct_sessions') }} as sessions
inner join (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id, person_id) in people
) as visitors
    on visitors.org_id = sessions.org_id
    and visitors.site_id = sessions.site_id
    and visitors.visitor_id = sessions.visitor_id
inner join (
    select session_id, channel, source, medium, campaign from {{ ref('int_sessions_channeled') }}
) as channels on channels.session_id = sessions.session_id
where not sessions.is_bot
group by org_id, site_id, person_id
