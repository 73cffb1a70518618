{# People who gained or lost a visitor that was known before, as a subquery of (org_id, site_id, person_id). #}
{% macro moved_people(plan) -%}
    (
        select org_id, site_id, arrayJoin(groupUniqArray(person_id)) as person_id
        from {{ changes_of(plan, 'int_visitors_resolved') }}
        group by org_id, site_id, visitor_id
        having uniqExact(person_id) > 1 or min(is_removed)
    )
{%- endmacro %}
