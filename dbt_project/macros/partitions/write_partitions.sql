{#
  Puts partitions in place. `changed`: rows of partition and the number of rows it lost. `condition`: which rows of the
  table are replaced by those of `<name>__new`. `added`: from and where of the rows that are only there.
#}
{% macro write_partitions(name, condition, changed, added) -%}
    {%- set next = name ~ '__next' -%}
    {%- set grown = [] -%}
    {%- set rewritten = [] -%}
    {%- for row in changed -%}
        {%- do (rewritten if row['removed'] | int else grown).append(row['partition']) -%}
    {%- endfor -%}
    {%- set in_rewritten = "_partition_id in ('" ~ rewritten | join("', '") ~ "')" -%}

    {% do run_statement('create or replace table ' ~ next ~ ' as ' ~ name) %}
    {% call statement('next') %}
        insert into {{ next }}
        select * {{ added }} and _partition_id in ('{{ grown | join("', '") }}')
        {%- if rewritten %}
        union all
        select * from {{ name }} where {{ in_rewritten }} and not ({{ condition }})
        union all
        select * from {{ name }}__new where {{ in_rewritten }}
        {%- endif %}
        {{ adapter.get_model_query_settings(model) }}
    {% endcall %}

    {%- set steps = [] -%}
    {%- for partition in grown -%}
        {%- do steps.append("attach partition id '" ~ partition ~ "' from " ~ next) -%}
    {%- endfor -%}
    {%- if rewritten -%}
        {%- set kept = run_query('select distinct _partition_id as partition from ' ~ next).rows
            | map(attribute='partition') | list -%}
        {%- for partition in rewritten -%}
            {%- do steps.append(
                "replace partition id '" ~ partition ~ "' from " ~ next if partition in kept
                else "drop partition id '" ~ partition ~ "'"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do run_statement('alter table ' ~ name ~ ' ' ~ steps | join(', ')) %}
{%- endmacro %}
