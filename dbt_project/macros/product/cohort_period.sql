{# Number of the period that a day lies in, counted from that of the start: 0 is the one of the start itself. #}
{% macro cohort_period(grain, start, day) -%}
    multiIf(
        {{ grain }} = 'day', dateDiff('day', {{ start }}, {{ day }}),
        {{ grain }} = 'week', dateDiff('week', {{ start }}, {{ day }}),
        dateDiff('month', {{ start }}, {{ day }})
    )
{%- endmacro %}
