{# A decimal text of minor units as a whole number of 10^-18 minor units, Int256: what discounts and months are taken from. #}
{% macro scaled(text) -%}
    toInt256(toDecimal256OrZero({{ text }}, 18) * toDecimal256('1000000000000000000', 0))
{%- endmacro %}
