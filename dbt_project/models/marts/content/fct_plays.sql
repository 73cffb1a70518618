{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(started_at)',
        order_by=['org_id', 'site_id', 'content_id', 'started_at'],
        meta={'upstream': ['stg_events__receipts', 'stg_control__sites']},
    )
}}
{%- set is_media -%}
    event in ('play', 'pause', 'resume', 'progress', 'complete') and not is_bot and visitor_id != ''
{%- endset %}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_plays') %}
{{ plan.header }}
{%- if plan.is_scoped %}
with changes as (
    select org_id, site_id, visitor_id, occurred_at, is_removed
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where not is_bot and not is_duplicate and visitor_id != ''
),

sites_looked_at_in_whole as (
    select org_id, site_id from changes
    where is_removed
    union distinct
    select org_id, site_id from {{ changes_of(plan, 'stg_control__sites') }}
)

select org_id, site_id, content_id
from {{ this }}
where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from changes)
    or (org_id, site_id) in sites_looked_at_in_whole
union distinct
select org_id, site_id, JSONExtractString(properties, 'content_id') as content_id
from {{ ref('stg_events__events') }}
where {{ is_media }}
    and toDate(occurred_at) in (select toDate(occurred_at) from changes)
    and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from changes)
-- replaces
(org_id, site_id, content_id) in {{ scope }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

-- Sessions and persons of those who play only: both tables are joined from memory.
viewers as (
    select distinct org_id, site_id, visitor_id
    from {{ ref('stg_events__events') }}
    where {{ is_media }}
{%- if plan.is_scoped %}
        and (org_id, site_id) in (select org_id, site_id from {{ scope }})
{%- endif %}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id, visitor_id) in viewers
),

sessions as (
    select org_id, site_id, visitor_id, session_id, started_at
    from {{ ref('fct_sessions') }}
    where not is_bot and (org_id, site_id, visitor_id) in viewers
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
    where {{ is_media }} and content_id != ''
{%- if plan.is_scoped %}
        and (org_id, site_id) in (select org_id, site_id from {{ scope }})
        and (org_id, site_id, content_id) in {{ scope }}
{%- endif %}
),

placed as (
    select media_events.*, sessions.session_id as session_id
    from media_events
    asof inner join sessions
        on sessions.org_id = media_events.org_id
        and sessions.site_id = media_events.site_id
        and sessions.visitor_id = media_events.visitor_id
        and sessions.started_at <= media_events.occurred_at
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
),

plays as (
    select
        org_id,
        site_id,
        session_id,
        content_id,
        visitor as visitor_id,
        play
    from viewings
    array join arrayFilter(play -> arrayExists(e -> e.event = 'play', play), plays) as play
),

lengths as (
    select org_id, site_id, content_id, max(greatest(length_ms, if(event = 'complete', position_ms, 0))) as length_ms
    from media_events
    group by org_id, site_id, content_id
)

select
    plays.play[1].id as play_id,
    plays.org_id as org_id,
    plays.site_id as site_id,
    plays.content_id as content_id,
    arrayFirst(e -> e.content_type != '', plays.play).content_type as content_type,
    arrayFirst(e -> e.creator_id != '', plays.play).creator_id as creator_id,
    visitors.person_id as person_id,
    plays.visitor_id as visitor_id,
    plays.session_id as session_id,
    {{ local_day('plays.play[1].occurred_at', 'sites.timezone') }} as day,
    plays.play[1].occurred_at as started_at,
    toLowCardinality(plays.play[1].device_type) as device_type,
    toLowCardinality(plays.play[1].country) as country,
    -- Time goes by between an event that plays and the next one, as far as the position goes forward.
    toDecimal64(
        arraySum(
            (e, next) -> if(
                e.event in ('play', 'resume', 'progress') and next.event in ('pause', 'progress', 'complete'),
                greatest(next.position_ms - e.position_ms, 0),
                0
            ),
            arrayPopBack(plays.play),
            arrayPopFront(plays.play)
        ),
        3
    ) / 1000 as watched_seconds,
    toDecimal64(lengths.length_ms, 3) / 1000 as length_seconds,
    arrayExists(e -> e.event = 'complete', plays.play)::Bool as is_completed,
    if(is_completed, 0, toDecimal64(arrayMax(e -> e.position_ms, plays.play), 3) / 1000)::Decimal(18, 3)
        as abandoned_at_seconds
from plays
left join lengths
    on lengths.org_id = plays.org_id and lengths.site_id = plays.site_id and lengths.content_id = plays.content_id
left join visitors
    on visitors.org_id = plays.org_id
    and visitors.site_id = plays.site_id
    and visitors.visitor_id = plays.visitor_id
left join sites on sites.org_id = plays.org_id and sites.site_id = plays.site_id
