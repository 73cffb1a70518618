{#
  Whether a property of an event is an amount of money: a whole number of minor units, and of at most 10^12: sums are of 64
  bits, and hold nine million of the largest. `name`: expression of the property's name.
#}
{% macro is_amount(name, properties='properties') -%}
    (
        JSONType({{ properties }}, {{ name }}) in ('Int64', 'UInt64')
        and abs(JSONExtractFloat({{ properties }}, {{ name }})) <= 1e12
    )
{%- endmacro %}
