{#
  Rows of people in cohorts, or users of servers, in brackets: cohort_id, org_id, site_id, person_id, `start` as in
  int_cohort_visitors, and active_days in no order, some of them more than once. A person enters with the first of all
  visitors who are that person. `people`: CTE of (org_id, site_id, person_id), if only those are asked for.
#}
{% macro cohort_people(people=none) -%}
{%- set visitors -%}
    (
        select org_id, site_id, visitor_id, person_id
        from {{ ref('int_visitors_resolved') }}
        {{- ' where (org_id, site_id, person_id) in ' ~ people if people }}
    )
{%- endset %}
(
    select
        visits.cohort_id as cohort_id,
        visits.org_id as org_id,
        visits.site_id as site_id,
        if(
            visits.visitor_id != '',
            resolved.person_id,
            {{ person_id('visits.server_user_id', org_id='visits.org_id', site_id='visits.site_id') }}
        ) as person_id,
        minIf(visits.start, visits.has_started) as start,
        groupArrayArray(visits.active_days) as active_days
    from (
        select * from {{ ref('int_cohort_visitors') }}
        {%- if people %}
        where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ visitors }})
            or visitor_id = '' and (org_id, site_id, {{ person_id('server_user_id') }}) in {{ people }}
        {%- endif %}
    ) as visits
    left join {{ visitors }} as resolved
        on resolved.org_id = visits.org_id
        and resolved.site_id = visits.site_id
        and resolved.visitor_id = visits.visitor_id
    group by cohort_id, org_id, site_id, person_id
    having max(visits.has_started)
)
{%- endmacro %}
