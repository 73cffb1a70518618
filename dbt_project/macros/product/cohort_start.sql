{# First day of the period that a day lies in: itself, its Monday, or the first of its month. #}
{% macro cohort_start(grain, day) -%}
    multiIf({{ grain }} = 'day', {{ day }}, {{ grain }} = 'week', toMonday({{ day }}), toStartOfMonth({{ day }}))
{%- endmacro %}
