{# The days, as Array(Date) in UTC, from one instant to another that is not before it, both days included. #}
{% macro days_between(from_at, to_at) -%}
    arrayMap(
        n -> toDate({{ from_at }}) + n,
        range(toUInt32(1 + toDate({{ to_at }}) - toDate({{ from_at }})))
    )
{%- endmacro %}
