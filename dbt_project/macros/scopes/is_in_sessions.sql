{#
  Condition of rows with a visitor: whether they may lie in a session of the scope, by the visitor and the days it lasts.
  `instant`: the rows' time.
#}
{% macro is_in_sessions(scope, instant='occurred_at') -%}
    toDate({{ instant }}) in (select arrayJoin({{ days_between('from_at', 'to_at') }}) from {{ scope }})
        and visitor_id in (select visitor_id from {{ scope }})
        and (toDate({{ instant }}), org_id, site_id, visitor_id) in (
            select arrayJoin({{ days_between('from_at', 'to_at') }}), org_id, site_id, visitor_id from {{ scope }}
        )
{%- endmacro %}
