{# What int_sessions_dated is made of: the statement of its plan, or int_sessions_delimited where a unit test stands in for it. #}
{% macro sessions_delimited(plan) -%}
    {%- if plan.header -%}
        ({{ delimit_sessions(relation_of('stg_events__events'), plan) }})
    {%- else -%}
        {{ ref('int_sessions_delimited') }}
    {%- endif -%}
{%- endmacro %}
