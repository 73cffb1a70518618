{# Number of the last period in which a cohort is looked at. #}
{% macro last_cohort_period(grain) -%}
    multiIf(
        {{ grain }} = 'day', {{ var('retention_days', 31) }},
        {{ grain }} = 'week', {{ var('retention_weeks', 26) }},
        {{ var('retention_months', 24) }}
    )
{%- endmacro %}
