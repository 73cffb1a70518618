{#
  Partition of an instant: its day, but its year before `daily_partitions_from`. A client may name any day, and every day
  is a partition: so it can make no more of them than there were days since then.
#}
{% macro partition_of(instant) -%}
    if(toDate({{ instant }}) < toDate('{{ var('daily_partitions_from') }}'), toYear({{ instant }}), toYYYYMMDD({{ instant }}))
{%- endmacro %}
