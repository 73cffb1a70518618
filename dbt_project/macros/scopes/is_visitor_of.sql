{# Condition of rows with a visitor: whether it is one of the scope. #}
{% macro is_visitor_of(scope) -%}
    (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ scope }})
{%- endmacro %}
