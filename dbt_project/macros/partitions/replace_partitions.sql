{#
  Builds the rows of a scope and puts them into their table: a partition that only gained rows gets them attached, one
  that lost some is written anew beside and replaced, one that lost all is dropped; by one ALTER, without a hole.
  What did not change stays untouched, so doing all this once more changes nothing.

  `header`, `condition`, `rows`: the sections of the model's text.
#}
{% macro replace_partitions(relation, scope, condition, rows, watermark) -%}
    {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
    {%- set scope_table = name ~ '__scope' -%}
    {%- set old = name ~ '__old' -%}
    {%- set new = name ~ '__new' -%}
    {%- set next = name ~ '__next' -%}
    {%- set settings = adapter.get_model_query_settings(model) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='quoted') | join(', ') -%}
    {%- if condition.strip() != 'true' and scope_table not in rows -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' would replace a part of its rows by all of them: build it with --full-refresh') }}
    {%- endif -%}

    {% do run_statement('drop table if exists ' ~ next ~ ', ' ~ old ~ ', ' ~ new ~ ', ' ~ scope_table) %}
    {% call statement('scope') %}
        create table {{ scope_table }} engine = MergeTree order by tuple() as {{ scope }} {{ settings }}
    {% endcall %}
    {%- if run_query('select count() as found from ' ~ scope_table).rows[0]['found'] | int > 0 -%}
        {% do run_statement('create table ' ~ old ~ ' as ' ~ name) %}
        {% do run_statement('create table ' ~ new ~ ' as ' ~ name) %}
        {% call statement('old') %}
            insert into {{ old }} select * from {{ relation }} where {{ condition }} {{ settings }}
        {% endcall %}
        {% call statement('main') %}
            insert into {{ new }} ({{ columns }}) select {{ columns }} from (
                {{ rows }}
            ) {{ settings }}
        {% endcall %}
        {%- set removed = 'from ' ~ old ~ ' where sipHash128(*) not in (select sipHash128(*) from ' ~ new ~ ')' -%}
        {%- set added = 'from ' ~ new ~ ' where sipHash128(*) not in (select sipHash128(*) from ' ~ old ~ ')' -%}
        {%- set changed = run_query(
            'select partition, countIf(is_removed) as removed from ('
            ~ 'select _partition_id as partition, true as is_removed ' ~ removed ~ ' union all '
            ~ 'select _partition_id, false ' ~ added ~ ') group by partition order by partition'
        ).rows -%}
        {%- if changed | length > 0 -%}
            {%- set logged = config.get('meta', {}).get('logged', []) | join(', ') -%}
            {%- if logged -%}
                {% call statement('log') %}
                    insert into {{ name }}__changes (position, is_removed, logged_at, {{ logged }})
                    select {{ watermark.position }}, true, now(), {{ logged }} {{ removed }}
                    union all
                    select {{ watermark.position }}, false, now(), {{ logged }} {{ added }}
                {% endcall %}
            {%- endif -%}

            {%- set grown = [] -%}
            {%- set rewritten = [] -%}
            {%- for row in changed -%}
                {%- do (rewritten if row['removed'] | int else grown).append(row['partition']) -%}
            {%- endfor -%}
            {% do run_statement('create table ' ~ next ~ ' as ' ~ name) %}
            {%- if grown -%}
                {% call statement('grown') %}
                    insert into {{ next }} select * {{ added }} and _partition_id in ('{{ grown | join("', '") }}')
                {% endcall %}
            {%- endif -%}
            {%- if rewritten -%}
                {%- set in_rewritten = "_partition_id in ('" ~ rewritten | join("', '") ~ "')" -%}
                {% call statement('rewritten') %}
                    insert into {{ next }}
                    select * from {{ relation }} where {{ in_rewritten }} and not ({{ condition }})
                    union all
                    select * from {{ new }} where {{ in_rewritten }}
                    {{ settings }}
                {% endcall %}
            {%- endif -%}
            {%- set kept = run_query('select distinct _partition_id as partition from ' ~ next).columns[0].values() -%}
            {%- set steps = [] -%}
            {%- for partition in grown -%}
                {%- do steps.append("attach partition id '" ~ partition ~ "' from " ~ next) -%}
            {%- endfor -%}
            {%- for partition in rewritten -%}
                {%- do steps.append(
                    "replace partition id '" ~ partition ~ "' from " ~ next if partition in kept
                    else "drop partition id '" ~ partition ~ "'"
                ) -%}
            {%- endfor -%}
            {% call statement('replace') %}
                alter table {{ relation }} {{ steps | join(', ') }}
            {% endcall %}
        {%- endif -%}
    {%- else -%}
        {% call statement('main') %} select 1 {% endcall %}
    {%- endif -%}
    {% do record_watermark(watermark) %}
    {% do run_statement('drop table if exists ' ~ next ~ ', ' ~ old ~ ', ' ~ new ~ ', ' ~ scope_table) %}
{%- endmacro %}
