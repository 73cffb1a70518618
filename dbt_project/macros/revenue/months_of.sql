{#
  What of an amount falls on a month, as (numerator, denominator): a year has 12 months, 52 weeks and 365 days, so a week is
  52/12 of one, a quarter of three months 1/3. `interval`: day, week, month or year; another one is never billed again.
#}
{% macro months_of(interval, interval_count) -%}
    (
        toInt256(transform({{ interval }}, ['day', 'week', 'month', 'year'], [365, 52, 12, 1], 0)),
        toInt256(12) * greatest({{ interval_count }}, 1)
    )
{%- endmacro %}
