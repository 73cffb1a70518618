{#
  What int_funnel_attempts is made of: the events of people of its plan, or int_funnel_events where a unit test stands in for
  it.
#}
{% macro funnel_events(plan) -%}
    {%- if not plan.header -%}
        {{ ref('int_funnel_events') }}
    {%- elif plan.is_scoped -%}
        {%- set people = '(select org_id, site_id, person_id from ' ~ scope_of('int_funnel_attempts') ~ ')' -%}
        {%- set visitors = '(org_id, site_id, person_id) in ' ~ people -%}
        {%- set events -%}
            visitor_id != '' and (org_id, site_id, visitor_id) in (
                select org_id, site_id, visitor_id from {{ relation_of('int_visitors_resolved') }} where {{ visitors }}
            )
            or visitor_id = '' and user_id != '' and (org_id, site_id, {{ person_id('user_id') }}) in {{ people }}
        {%- endset -%}
        ({{ match_funnel_events(events_attributed(plan, events, visitors), relation_of('stg_control__funnels')) }})
    {%- else -%}
        {{ relation_of('int_funnel_events') }}
    {%- endif -%}
{%- endmacro %}
