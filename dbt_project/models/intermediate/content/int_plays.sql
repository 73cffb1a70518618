{{
    config(
        materialized='partitions',
        partition_by=partition_of('started_at'),
        order_by=['org_id', 'site_id', 'content_id', 'started_at'],
        meta={
            'upstream': ['int_sessions_dated'],
            'logged': ['org_id', 'site_id', 'content_id', 'session_id', 'started_at'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_plays') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ changed_sessions(plan) }}
-- replaces
toDate(started_at) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope }})
    and session_id in (select session_id from {{ scope }})
-- rows
{%- endif %}
with sessions as (
    select org_id, site_id, visitor_id, session_id, started_at, ended_at
    from {{ ref('int_sessions_dated') }}
    where not is_bot
        and {{ is_session_of(scope) if plan.is_scoped else in_batch('cityHash64(visitor_id)') }}
),

media_events as (
    select
        org_id,
        site_id,
        visitor_id,
        id,
        event,
        occurred_at,
        device_type,
        country,
        JSONExtractString(properties, 'content_id') as content_id,
        JSONExtractString(properties, 'content_type') as content_type,
        JSONExtractString(properties, 'creator_id') as creator_id,
        toInt64(round({{ bounded_number('position_seconds', 1000000000) }} * 1000)) as position_ms,
        toInt64(round({{ bounded_number('duration_seconds', 1000000000) }} * 1000)) as length_ms
    from {{ ref('stg_events__events') }}
    where event in ('play', 'pause', 'resume', 'progress', 'complete')
        and not is_bot
        and visitor_id != ''
        and content_id != ''
        and {{ is_in_sessions(scope) if plan.is_scoped else in_batch('cityHash64(visitor_id)') }}
),

placed as (
    select media_events.*, sessions.session_id as session_id
    from media_events
    asof inner join sessions
        on sessions.org_id = media_events.org_id
        and sessions.site_id = media_events.site_id
        and sessions.visitor_id = media_events.visitor_id
        and sessions.started_at <= media_events.occurred_at
{%- if plan.is_scoped %}
    -- Other sessions of the same days are none of this build's.
    where media_events.occurred_at <= sessions.ended_at
{%- endif %}
),

viewings as (
    select
        org_id,
        site_id,
        session_id,
        content_id,
        any(visitor_id) as visitor,
        arraySort(
            e -> (e.occurred_at, UUIDToNum(e.id)),
            groupArray(
                (
                    id, occurred_at, event, content_type, creator_id, device_type, country, position_ms, length_ms
                )::Tuple(
                    id UUID,
                    occurred_at DateTime64(3, 'UTC'),
                    event String,
                    content_type String,
                    creator_id String,
                    device_type String,
                    country String,
                    position_ms Int64,
                    length_ms Int64
                )
            )
        ) as history,
        -- Who starts again after the end plays it a second time.
        arraySplit(
            (e, before) -> before.event = 'complete',
            history,
            arrayPushFront(arrayPopBack(history), history[1])
        ) as plays
    from placed
    group by org_id, site_id, session_id, content_id
)

select
    play[1].id as play_id,
    org_id,
    site_id,
    content_id,
    arrayExists(e -> e.event = 'play', play)::Bool as has_begun,
    arrayFirst(e -> e.content_type != '', play).content_type as content_type,
    arrayFirst(e -> e.creator_id != '', play).creator_id as creator_id,
    visitor as visitor_id,
    session_id,
    play[1].occurred_at as started_at,
    toLowCardinality(play[1].device_type) as device_type,
    toLowCardinality(play[1].country) as country,
    -- Time goes by between an event that plays and the next one, as far as the position goes forward.
    toDecimal64(
        arraySum(
            (e, next) -> if(
                e.event in ('play', 'resume', 'progress') and next.event in ('pause', 'progress', 'complete'),
                greatest(next.position_ms - e.position_ms, 0),
                0
            ),
            arrayPopBack(play),
            arrayPopFront(play)
        ),
        3
    ) / 1000 as watched_seconds,
    arrayMax(e -> greatest(e.length_ms, if(e.event = 'complete', e.position_ms, 0)), play) as length_ms,
    arrayExists(e -> e.event = 'complete', play)::Bool as is_completed,
    if(is_completed, 0, toDecimal64(arrayMax(e -> e.position_ms, play), 3) / 1000)::Decimal(18, 3)
        as abandoned_at_seconds
from viewings
array join plays as play
