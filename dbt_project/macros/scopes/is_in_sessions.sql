{# Condition of events: whether they may lie in a session of the scope, by the visitor and the days it lasts. #}
{% macro is_in_sessions(scope) -%}
    toDate(occurred_at) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope }})
        and (toDate(occurred_at), org_id, site_id, visitor_id) in (
            select arrayJoin({{ days_between('from_at', 'to_at') }}), org_id, site_id, visitor_id from {{ scope }}
        )
{%- endmacro %}
