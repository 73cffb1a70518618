{#
  Statement of events with the person of each: see int_events_attributed, which is this of all events.
  `events`, `visitors`: relations of stg_events__events and int_visitors_resolved.
#}
{% macro attribute_events(events, visitors) -%}
with events as (
    select * from {{ events }}
    where not is_bot and (visitor_id != '' or user_id != '')
),

visitors as (
    select org_id, site_id, visitor_id, person_id from {{ visitors }}
)

select
    events.*,
    if(
        events.visitor_id != '',
        visitors.person_id,
        {{ person_id('events.user_id', org_id='events.org_id', site_id='events.site_id') }}
    ) as person_id
from events
left join visitors
    on visitors.org_id = events.org_id
    and visitors.site_id = events.site_id
    and visitors.visitor_id = events.visitor_id
{%- endmacro %}
