{# Logs the rows of a build that vanished and appeared. `removed`, `added`: from and where of their statements. #}
{% macro log_changes(name, removed, added, position) -%}
    {%- set columns = config.get('meta', {}).get('logged', []) | join(', ') -%}
    {%- if columns -%}
        {% call statement('log_changes') %}
            insert into {{ name }}__changes (position, is_removed, logged_at, {{ columns }})
            select {{ position }}, true, now(), {{ columns }} {{ removed }}
            union all
            select {{ position }}, false, now(), {{ columns }} {{ added }}
        {% endcall %}
    {%- endif -%}
{%- endmacro %}
