{#
  Events with their person, of those that fulfil `condition`; or int_events_attributed where a unit test stands in for it.
  The condition is put on the events themselves, and visitors are looked up who fulfil `visitors`: joined first, all of
  them would be in memory before any is left out.
#}
{% macro events_attributed(plan, condition, visitors) -%}
    {%- if plan.header -%}
        ({{ attribute_events(
            '(select * from ' ~ relation_of('stg_events__events') ~ ' where ' ~ is_of_somebody() ~ ' and ' ~ condition ~ ')',
            '(select * from ' ~ relation_of('int_visitors_resolved') ~ ' where ' ~ visitors ~ ')'
        ) }})
    {%- else -%}
        {{ ref('int_events_attributed') }}
    {%- endif -%}
{%- endmacro %}
