{#
  Puts partitions in place. `changed`: by partition the numbers of rows it lost and gained, and of those of it that are in
  the scope. `condition`: which rows of the table are replaced by those of `<name>__new`. `added`: from and where of the
  rows that are only there. `partition_id`: expression for the partition of those rows.
  Returns the name of the table in which they were written, which stays.

  A partition is made in one of three ways. One that only gained rows gets them attached. One that keeps many is linked part
  by part: what goes is marked as deleted there, and what comes is added. Any other is written anew. To replace 27,000
  of 800,000 rows takes 0.11 s of CPU by links and 0.54 s anew, of 100,000 rows 0.11 s and 0.08 s; and as ClickHouse marks
  one part after the other, up to 0.3 s each, no more than four partitions are linked.
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
    {%- set linked = partitions_to_link(name, changed, rewritten) -%}
    {%- do kept.extend(linked) -%}
    {%- set rewritten = rewritten | reject('in', linked) | list -%}
    {%- set is_grown = partition_id ~ " in ('" ~ grown | join("', '") ~ "')" -%}
    {%- set is_rewritten = "in ('" ~ rewritten | join("', '") ~ "')" -%}
    {%- set is_replaced = "in ('" ~ (rewritten + linked) | join("', '") ~ "')" -%}

    {% do run_statement('create or replace table ' ~ next ~ ' as ' ~ name) %}
    {%- if linked -%}
        {%- set links = [] -%}
        {%- for partition in linked -%}
            {%- do links.append("attach partition id '" ~ partition ~ "' from " ~ name) -%}
        {%- endfor -%}
        {% do run_statement('alter table ' ~ next ~ ' ' ~ links | join(', ')) %}
        {% do run_statement('delete from ' ~ next ~ ' where ' ~ condition) %}
    {%- endif -%}
    {%- set sources = [] -%}
    {%- if grown -%}
        {%- do sources.append('select ' ~ columns ~ ' ' ~ added ~ ' and ' ~ is_grown) -%}
    {%- endif -%}
    {%- if rewritten -%}
        {%- set stays = '_partition_id ' ~ is_rewritten ~ ' and not (' ~ condition ~ ')' -%}
        {%- do sources.append('select ' ~ columns ~ ' from ' ~ name ~ ' where ' ~ stays) -%}
    {%- endif -%}
    {%- if rewritten or linked -%}
        {%- do sources.append('select ' ~ columns ~ ' from ' ~ name ~ '__new where ' ~ partition_id ~ ' ' ~ is_replaced) -%}
    {%- endif -%}
    {% call statement('next') %}
        insert into {{ next }} ({{ columns }})
        {{ sources | join(' union all ') }}
        {{ adapter.get_model_query_settings(model) }}
    {% endcall %}

    {%- set steps = [] -%}
    {%- for partition in grown -%}
        {%- do steps.append("attach partition id '" ~ partition ~ "' from " ~ next) -%}
    {%- endfor -%}
    {%- if rewritten | reject('in', kept) | list -%}
        {%- do kept.extend(
            run_query('select distinct _partition_id as partition from ' ~ next).rows | map(attribute='partition')
        ) -%}
    {%- endif -%}
    {%- for partition in rewritten + linked -%}
        {%- do steps.append(
            "replace partition id '" ~ partition ~ "' from " ~ next if partition in kept
            else "drop partition id '" ~ partition ~ "'"
        ) -%}
    {%- endfor -%}
    {% do run_statement('alter table ' ~ name ~ ' ' ~ steps | join(', ')) %}
    {{ return(next) }}
{%- endmacro %}
