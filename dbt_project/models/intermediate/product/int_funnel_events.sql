with funnels as (
    select
        *,
        step_order = 'strict' as is_strict,
        arrayDistinct(
            arrayConcat(arrayMap(step -> step.match.event, steps), arrayMap(match -> match.event, exclusions))
        ) as events
    from {{ ref('stg_control__funnels') }}
),

-- A strict funnel is broken by any other event, so it needs them all; the others only those it names.
by_name as (
    select * except (events), wanted
    from funnels
    array join events as wanted
    where not is_strict
),

events as (
    select * from {{ ref('stg_events__events') }}
    where not is_bot
        and (visitor_id != '' or user_id != '')
        and (org_id, site_id) in (select org_id, site_id from funnels)
),

-- Joined to what matters to a funnel, so that who has none costs nothing.
visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id) in (select org_id, site_id from funnels)
),

candidates as (
    select events.*, by_name.* except (org_id, site_id, name, wanted)
    from events
    inner join by_name
        on by_name.org_id = events.org_id and by_name.site_id = events.site_id and by_name.wanted = events.event
    where (events.org_id, events.site_id, events.event) in (select org_id, site_id, wanted from by_name)

    union all

    select events.*, strict.* except (org_id, site_id, name, events)
    from events
    inner join (select * from funnels where is_strict) as strict
        on strict.org_id = events.org_id and strict.site_id = events.site_id
),

matched as (
    select
        *,
        arrayMap(
            step -> toUInt8(event = step.match.event and {{ passes('step.match.conditions') }}),
            steps
        ) as hits,
        arrayExists(
            match -> event = match.event and {{ passes('match.conditions') }},
            exclusions
        ) as is_exclusion
    from candidates
)

select
    matched.org_id as org_id,
    matched.site_id as site_id,
    funnel_id,
    if(
        matched.visitor_id != '',
        visitors.person_id,
        {{ person_id('matched.user_id', org_id='matched.org_id', site_id='matched.site_id') }}
    ) as person_id,
    id as event_id,
    occurred_at,
    hits,
    is_exclusion,
    multiIf(
        breakdown = '', '',
        breakdown = 'path', path,
        breakdown = 'device_type', device_type,
        breakdown = 'country', country,
        breakdown = 'utm_source', utm_source,
        breakdown = 'utm_campaign', utm_campaign,
        JSONExtractString(properties, substring(breakdown, 12))
    ) as breakdown_value
from matched
left join visitors
    on visitors.org_id = matched.org_id
    and visitors.site_id = matched.site_id
    and visitors.visitor_id = matched.visitor_id
where is_strict or is_exclusion or has(hits, 1)
