{#
  What int_funnel_attempts is made of: the events of people of its plan, or int_funnel_events where a unit test stands in for
  it.
#}
{% macro funnel_events(plan) -%}
    {%- if not plan.header -%}
        {{ ref('int_funnel_events') }}
    {%- elif plan.is_scoped -%}
        {%- set people = scope_of('int_funnel_attempts') -%}
        {%- set events = events_attributed(plan, is_person_of(people), is_named_in(people, 'person_id')) -%}
        ({{ match_funnel_events(events, relation_of('stg_control__funnels')) }})
    {%- else -%}
        {{ relation_of('int_funnel_events') }}
    {%- endif -%}
{%- endmacro %}
