{# What fct_sessions is made of: the statement of its plan, or int_sessions_delimited where a unit test stands in for it. #}
{% macro sessions_delimited(plan) -%}
    {%- if plan.header -%}
        {%- set events = graph.nodes['model.' ~ project_name ~ '.stg_events__events'] -%}
        ({{ delimit_sessions(events.schema ~ '.' ~ events.alias, plan) }})
    {%- else -%}
        {{ ref('int_sessions_delimited') }}
    {%- endif -%}
{%- endmacro %}
