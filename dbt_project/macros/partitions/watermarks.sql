{# Name of the table that says how far each `partitions` model is built. #}
{% macro watermarks() -%}
    {{ return(target.schema ~ '.build_watermarks') }}
{%- endmacro %}
