{# Whether a raw row was loaded too late for the last build to have seen it for certain. `table`: as in loaded_from. #}
{% macro loaded_since(plan, table) -%}
    loaded_at >= fromUnixTimestamp64Milli({{ plan.since[table] }}, 'UTC')
{%- endmacro %}
