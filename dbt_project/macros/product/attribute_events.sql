{#
  Statement of events with the person of each. `events`: relation of events that are somebody's, with org_id, site_id,
  visitor_id and user_id; `visitors`: relation of int_visitors_resolved.
#}
{% macro attribute_events(events, visitors) -%}
-- These names are this statement's own: within another one ClickHouse would take `events` for one of that one's.
with person_events as (
    select * from {{ events }}
),

known_visitors as (
    select org_id, site_id, visitor_id, person_id from {{ visitors }}
)

select
    person_events.*,
    if(
        person_events.visitor_id != '',
        known_visitors.person_id,
        {{ person_id('person_events.user_id', org_id='person_events.org_id', site_id='person_events.site_id') }}
    ) as person_id
from person_events
left join known_visitors
    on known_visitors.org_id = person_events.org_id
    and known_visitors.site_id = person_events.site_id
    and known_visitors.visitor_id = person_events.visitor_id
{%- endmacro %}
