{# Visitors who stand for another person than before, as a subquery of (org_id, site_id, visitor_id). #}
{% macro moved_visitors(plan) -%}
    (
        select org_id, site_id, visitor_id
        from {{ changes_of(plan, 'int_visitors_resolved') }}
        group by org_id, site_id, visitor_id
        having uniqExact(person_id) > 1
    )
{%- endmacro %}
