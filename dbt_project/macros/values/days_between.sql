{#
  The days, as Array(Date) in UTC, from one instant to another that is not before it, both days included. A Date has none
  before 1970: an instant half an hour before an event of that day would otherwise lie in 2149.
#}
{% macro days_between(from_at, to_at) -%}
    arrayMap(
        n -> toDate(greatest({{ from_at }}, toDateTime64(0, 3, 'UTC'))) + n,
        range(toUInt32(1 + toDate({{ to_at }}) - toDate(greatest({{ from_at }}, toDateTime64(0, 3, 'UTC')))))
    )
{%- endmacro %}
