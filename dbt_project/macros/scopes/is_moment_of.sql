{#
  Condition of rows without a visitor, which lie in no session: whether they are at an instant of the scope. There the scope has
  '' for the visitor and the instant in from_at. `instant`: the rows' time.
#}
{% macro is_moment_of(scope, instant) -%}
    visitor_id = '' and (org_id, site_id, {{ instant }}) in (
        select org_id, site_id, from_at from {{ scope }} where visitor_id = ''
    )
{%- endmacro %}
