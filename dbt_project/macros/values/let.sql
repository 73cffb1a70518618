{# Names a value within an expression: ClickHouse has no other way inside a lambda. `body` may use the name. #}
{% macro let(name, value, body) -%}
    arrayMap({{ name }} -> {{ body }}, [{{ value }}])[1]
{%- endmacro %}
