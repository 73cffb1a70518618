{# A whole number divided by a positive one, to the nearest whole number; halves away from zero, as Stripe rounds. #}
{% macro divide_rounded(dividend, divisor) -%}
    intDiv(2 * ({{ dividend }}) + if(({{ dividend }}) < 0, -1, 1) * ({{ divisor }}), 2 * ({{ divisor }}))
{%- endmacro %}
