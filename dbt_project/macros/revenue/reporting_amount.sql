{#
  An amount in the reporting currency, Int64 minor units: in whole numbers, rounded once. Where there is no rate the
  original stands. `rate_from`, `rate_to`: units of either currency for one of the base, Decimal(18, 8); 0 if there is none.
#}
{% macro reporting_amount(amount, currency, rate_from='rate_from', rate_to='rate_to') -%}
    {%- set reporting = "'" ~ var('reporting_currency') ~ "'" -%}
    {%- set dividend -%}
        toInt256({{ amount }}) * toInt256(toDecimal256({{ rate_to }}, 8) * 100000000) * {{ minor_units(reporting) }}
    {%- endset -%}
    {%- set divisor -%}
        toInt256(toDecimal256(greatest({{ rate_from }}, toDecimal64('0.00000001', 8)), 8) * 100000000)
            * {{ minor_units(currency) }}
    {%- endset -%}
    if(
        {{ currency }} = {{ reporting }} or {{ rate_from }} = 0,
        {{ amount }},
        toInt64({{ divide_rounded(dividend, divisor) }})
    )
{%- endmacro %}
