{#
  Which of the partitions `names` of a table keep so many rows that linking their parts is cheaper than writing them anew:
  see write_partitions. `changed`: as there.
#}
{% macro partitions_to_link(name, changed, names) -%}
    {%- set linked = [] -%}
    {%- if 0 < names | length <= 4 -%}
        {%- set database, table = name.split('.') -%}
        {%- for row in run_query(
            "select partition_id, sum(rows) as stored from system.parts where active and database = '" ~ database
            ~ "' and table = '" ~ table ~ "' and partition_id in ('" ~ names | join("', '") ~ "') group by partition_id"
        ).rows -%}
            {%- set partition = row['partition_id'] -%}
            {%- if row['stored'] | int - changed[partition].replaced >= var('link_beyond_rows') -%}
                {%- do linked.append(partition) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(linked) }}
{%- endmacro %}
