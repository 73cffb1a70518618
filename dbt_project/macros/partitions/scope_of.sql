{# Table of what a model builds anew, for the time of its build. #}
{% macro scope_of(name) -%}
    {%- if not execute or graph.get('nodes') is none -%}
        {{ return('') }}
    {%- endif -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    {{ return(node.schema ~ '.' ~ node.alias ~ '__scope') }}
{%- endmacro %}
