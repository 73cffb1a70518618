{# Runs a statement that returns nothing. #}
{% macro run_statement(sql) -%}
    {% call statement('run_statement') %}
        {{ sql }}
    {% endcall %}
{%- endmacro %}
