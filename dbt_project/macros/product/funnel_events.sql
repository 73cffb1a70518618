{#
  What int_funnel_attempts is made of: events that matter to funnels, of the people of its plan, or
  int_funnel_events_attributed where a unit test stands in for it.
#}
{% macro funnel_events(plan) -%}
    {%- if not plan.header -%}
        {{ ref('int_funnel_events_attributed') }}
    {%- elif plan.is_scoped -%}
        {%- set people = scope_of('int_funnel_attempts') -%}
        ({{ attribute_events(
            '(select * from ' ~ relation_of('int_funnel_events') ~ ' where ' ~ is_person_of(people) ~ ')',
            '(select * from ' ~ relation_of('int_visitors_resolved') ~ ' where ' ~ is_named_in(people, 'person_id') ~ ')'
        ) }})
    {%- else -%}
        {{ relation_of('int_funnel_events_attributed') }}
    {%- endif -%}
{%- endmacro %}
