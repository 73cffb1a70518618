{# People who gained or lost a visitor that was known before, as a subquery of (org_id, site_id, person_id). #}
{% macro moved_people(plan) -%}
    (
        select org_id, site_id, arrayJoin(people) as person_id
        from (
            select org_id, site_id, groupUniqArray(person_id) as people, min(is_removed) as has_vanished
            from {{ changes_of(plan, 'int_visitors_resolved') }}
            group by org_id, site_id, visitor_id
        )
        where length(people) > 1 or has_vanished
    )
{%- endmacro %}
