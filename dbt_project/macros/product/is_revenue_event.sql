{# Whether an event is of those that may carry revenue, by its name: see `carries_revenue`. #}
{% macro is_revenue_event() -%}
    event in [{% for name in var('revenue_events') %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %}]
{%- endmacro %}
