{# Condition of rows with a visitor: whether it is one of the scope. #}
{% macro is_visitor_of(scope) -%}
    {{ is_named_in(scope, 'visitor_id') }}
{%- endmacro %}
