{#
  How much an event counts for in usage, as Decimal(38, 9): the number `quantity` of its properties, or 1 without one.

  ClickHouse's JSON functions read numbers as doubles, which lose digits of 123456789.123456789, so the digits are taken
  from the text, from the place whose double is the one the JSON parser found. Digits after the ninth are cut. A number
  of 10^18 or more counts as 1: a sum could not hold many of them.
#}
{% macro event_quantity(properties='properties') -%}
    if(
        position({{ properties }}, '"quantity"') > 0
            and JSONType({{ properties }}, 'quantity') in ('Int64', 'UInt64', 'Double')
            and abs(JSONExtractFloat({{ properties }}, 'quantity')) < 1e18,
        coalesce(
            toDecimal128OrNull(
                arrayFirst(
                    digits -> toFloat64OrZero(digits) = JSONExtractFloat({{ properties }}, 'quantity'),
                    extractAll({{ properties }}, '"quantity"\\s*:\\s*(-?[0-9][0-9.eE+-]*)')
                ),
                9
            ),
            toDecimal128OrNull(JSONExtractRaw({{ properties }}, 'quantity'), 9),
            toDecimal128(1, 9)
        ),
        toDecimal128(1, 9)
    )
{%- endmacro %}
