{#
  Condition of rows: whether they are counted on a local day of the scope, found by the days of UTC such a day may lie in.
  `keys`: columns of the scope; one of them is `day`.
#}
{% macro is_on_days(scope, instant, keys) -%}
    toDate({{ instant }}) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
        and ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ scope }})
{%- endmacro %}
