{# Condition of sessions: whether they are in the scope. `started_at`: the column to find their days by. #}
{% macro is_session_of(scope, started_at='started_at') -%}
    toDate({{ started_at }}) in (select toDate(from_at) from {{ scope }}) and session_id in (select session_id from {{ scope }})
{%- endmacro %}
