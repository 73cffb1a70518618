{#
  A time of an event's properties in milliseconds as Decimal(18, 3), from 0 to 10^9, to the nearest microsecond. A plain
  cast cuts: 1.005, which no binary fraction holds, would be 1.004.
#}
{% macro milliseconds(name) -%}
    toDecimal64(toInt64(round({{ bounded_number(name, 1000000000) }} * 1000)), 3) / 1000
{%- endmacro %}
