{#
  Statement of the events that matter to funnels: see int_funnel_events, which is this of all events.
  `events`, `funnels`: relations of int_events_attributed and stg_control__funnels.
#}
{% macro match_funnel_events(events, funnels) -%}
with funnels as (
    select
        *,
        step_order = 'strict' as is_strict,
        arrayDistinct(
            arrayConcat(arrayMap(step -> step.match.event, steps), arrayMap(match -> match.event, exclusions))
        ) as event_names
    from {{ funnels }}
),

-- A strict funnel is broken by any other event, so it needs them all; the others only those it names.
by_name as (
    select * except (event_names), wanted
    from funnels
    array join event_names as wanted
    where not is_strict
),

candidates as (
    select events.*, by_name.* except (org_id, site_id, name, wanted)
    from {{ events }} as events
    inner join by_name
        on by_name.org_id = events.org_id and by_name.site_id = events.site_id and by_name.wanted = events.event

    union all

    select events.*, strict.* except (org_id, site_id, name, event_names)
    from {{ events }} as events
    inner join (select * from funnels where is_strict) as strict
        on strict.org_id = events.org_id and strict.site_id = events.site_id
    where (events.org_id, events.site_id) in (select org_id, site_id from funnels where is_strict)
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
    org_id,
    site_id,
    funnel_id,
    person_id,
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
where is_strict or is_exclusion or has(hits, 1)
{%- endmacro %}
