{# Type of a person's start in a cohort: the first event that fits, its local day, and its value of the chosen property. #}
{% macro cohort_start_type() -%}
    Tuple(occurred_at DateTime64(3, 'UTC'), number FixedString(16), day Date, property String)
{%- endmacro %}
