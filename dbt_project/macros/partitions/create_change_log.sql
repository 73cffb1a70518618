{#
  The log of a `partitions` model, empty: one row for each row that appeared or vanished, under the number of its
  build.
  `relation`: the model; `like`: table with its columns.
#}
{% macro create_change_log(relation, like) -%}
    {%- set columns = config.get('meta', {}).get('logged', []) -%}
    {%- if columns -%}
        {% call statement('create_change_log') %}
            create or replace table {{ relation.schema }}.{{ relation.identifier }}__changes
            engine = MergeTree
            order by position
            ttl logged_at + interval {{ var('change_log_days') }} day
            as select
                toUInt64(0) as position,
                false as is_removed,
                toDateTime(0, 'UTC') as logged_at,
                {{ columns | join(', ') }}
            from {{ like }}
            limit 0
        {% endcall %}
    {%- endif -%}
{%- endmacro %}
