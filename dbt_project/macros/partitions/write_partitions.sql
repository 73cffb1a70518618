{#
  Puts partitions in place. `changed`: by partition the numbers of rows it lost and gained. `condition`: which rows of the
  table are replaced by those of `<name>__new`. `added`: from and where of the rows that are only there.
  `partition_id`: expression for the partition of those rows.
  Returns the name of the table in which they were written, which stays.
#}
{% macro write_partitions(name, columns, condition, changed, added, partition_id) -%}
    {%- set next = name ~ '__next' -%}
    {%- set grown = [] -%}
    {%- set rewritten = [] -%}
    {#- Only of a partition that lost rows and gained none it must be asked whether anything is left of it. -#}
    {%- set kept = [] -%}
    {%- for partition, rows in changed.items() -%}
        {%- do (rewritten if rows.removed else grown).append(partition) -%}
        {%- if rows.added -%}
            {%- do kept.append(partition) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_grown = partition_id ~ " in ('" ~ grown | join("', '") ~ "')" -%}
    {%- set is_rewritten = "in ('" ~ rewritten | join("', '") ~ "')" -%}

    {% do run_statement('create or replace table ' ~ next ~ ' as ' ~ name) %}
    {% call statement('next') %}
        insert into {{ next }} ({{ columns }})
        {%- if grown %}
        select {{ columns }} {{ added }} {{ 'and ' ~ is_grown if rewritten }}
        {%- endif %}
        {{- ' union all' if grown and rewritten }}
        {%- if rewritten %}
        select {{ columns }} from {{ name }} where _partition_id {{ is_rewritten }} and not ({{ condition }})
        union all
        select {{ columns }} from {{ name }}__new where {{ partition_id }} {{ is_rewritten }}
        {%- endif %}
        {{ adapter.get_model_query_settings(model) }}
    {% endcall %}

    {%- set steps = [] -%}
    {%- for partition in grown -%}
        {%- do steps.append("attach partition id '" ~ partition ~ "' from " ~ next) -%}
    {%- endfor -%}
    {%- if rewritten -%}
        {%- if rewritten | reject('in', kept) | list -%}
            {%- do kept.extend(
                run_query('select distinct _partition_id as partition from ' ~ next).rows | map(attribute='partition')
            ) -%}
        {%- endif -%}
        {%- for partition in rewritten -%}
            {%- do steps.append(
                "replace partition id '" ~ partition ~ "' from " ~ next if partition in kept
                else "drop partition id '" ~ partition ~ "'"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do run_statement('alter table ' ~ name ~ ' ' ~ steps | join(', ')) %}
    {{ return(next) }}
{%- endmacro %}
