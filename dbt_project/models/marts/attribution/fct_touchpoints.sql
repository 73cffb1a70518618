{{ config(partition_by='toYYYYMM(converted_at)', order_by=['org_id', 'site_id', 'conversion_id', 'position']) }}

with visitors as (
    select org_id, site_id, visitor_id, person_id from {{ ref('int_visitors_resolved') }}
),

channels as (
    select session_id, channel, source, medium, campaign from {{ ref('int_sessions_channeled') }}
),

-- One sorted array of a person's sessions, searched for each conversion, keeps the join at conversions × people.
people as (
    select
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        visitors.person_id as person_id,
        arraySort(
            s -> (s.started_at, UUIDToNum(s.session_id)),
            groupArray(
                (
                    sessions.started_at,
                    sessions.session_id,
                    channels.channel,
                    channels.source,
                    channels.medium,
                    channels.campaign
                )::Tuple(
                    started_at DateTime64(3, 'UTC'),
                    session_id UUID,
                    channel String,
                    source String,
                    medium String,
                    campaign String
                )
            )
        ) as history
    from {{ ref('fct_sessions') }} as sessions
    inner join channels on channels.session_id = sessions.session_id
    inner join visitors
        on visitors.org_id = sessions.org_id
        and visitors.site_id = sessions.site_id
        and visitors.visitor_id = sessions.visitor_id
    where not sessions.is_bot
    group by org_id, site_id, person_id
),

touched as (
    select
        conversions.conversion_id as conversion_id,
        conversions.org_id as org_id,
        conversions.site_id as site_id,
        conversions.converted_at as converted_at,
        arrayFilter(
            s -> s.started_at <= conversions.converted_at
                and s.started_at >= conversions.converted_at - toIntervalDay(conversions.lookback_days),
            people.history
        ) as touches
    from {{ ref('fct_conversions') }} as conversions
    inner join people
        on people.org_id = conversions.org_id
        and people.site_id = conversions.site_id
        and people.person_id = conversions.person_id
)

select
    conversion_id,
    org_id,
    site_id,
    converted_at,
    toUInt32(number) as position,
    toUInt32(length(touches)) as touches_in_all,
    touch.session_id as session_id,
    touch.started_at as touched_at,
    toLowCardinality(touch.channel) as channel,
    toLowCardinality(touch.source) as source,
    toLowCardinality(touch.medium) as medium,
    toLowCardinality(touch.campaign) as campaign,
    (touch.source = '(direct)')::Bool as is_direct
from touched
array join touches as touch, arrayEnumerate(touches) as number
