{#
  Builds the rows of a scope and puts them into their table: a partition that only gained rows gets them attached, one
  that lost some is written anew beside and replaced, one that lost all is dropped; by one ALTER, without a hole.
  What did not change stays untouched, so doing all this once more changes nothing. A build that changes no row keeps the
  position of the one before: models further down need not look.

  `scope`, `condition`, `rows`: the sections of the model's text.

  Rows are hashed once, as they are stored beside: at 66 000 rows that is 0.2 s of CPU instead of 0.6 s.
#}
{% macro replace_partitions(relation, scope, condition, rows, watermark) -%}
    {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
    {%- set scope_table = name ~ '__scope' -%}
    {%- set old = name ~ '__old' -%}
    {%- set new = name ~ '__new' -%}
    {%- set next = name ~ '__next' -%}
    {%- set settings = adapter.get_model_query_settings(model) -%}
    {%- if condition.strip() != 'true' and scope_table not in rows -%}
        {%- set trouble = name ~ ' would get all rows in place of some: build it with --full-refresh' -%}
        {{ exceptions.raise_compiler_error(trouble) }}
    {%- endif -%}

    {% call statement('main') %}
        create or replace table {{ scope_table }} engine = MergeTree order by tuple() as {{ scope }} {{ settings }}
    {% endcall %}
    {%- set has_changed = false -%}
    {%- if run_query('select count() as found from ' ~ scope_table).rows[0]['found'] | int > 0 -%}
        {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='quoted') | join(', ') -%}
        {%- set compared = config.get('meta', {}).get('compared') | default(none) -%}
        {%- set hash = 'sipHash128(' ~ (compared | join(', ') if compared else columns) ~ ')' -%}
        {% do run_statement('create or replace table ' ~ old ~ ' as ' ~ name) %}
        {% do run_statement('alter table ' ~ old ~ ' add column row_hash FixedString(16) materialized ' ~ hash) %}
        {% call statement('old') %}
            insert into {{ old }} select * from {{ relation }} where {{ condition }} {{ settings }}
        {% endcall %}
        {% do run_statement('create or replace table ' ~ new ~ ' as ' ~ old) %}
        {% call statement('main') %}
            insert into {{ new }} ({{ columns }}) select {{ columns }} from (
                {{ rows }}
            ) {{ settings }}
        {% endcall %}
        {%- set removed = 'from ' ~ old ~ ' where row_hash not in (select row_hash from ' ~ new ~ ')' -%}
        {%- set added = 'from ' ~ new ~ ' where row_hash not in (select row_hash from ' ~ old ~ ')' -%}
        {%- set changed = run_query(
            'select partition, countIf(is_removed) as removed from ('
            ~ 'select _partition_id as partition, true as is_removed ' ~ removed ~ ' union all '
            ~ 'select _partition_id, false ' ~ added ~ ') group by partition order by partition'
        ).rows -%}
        {%- if changed | length > 0 -%}
            {% do log_changes(name, removed, added, watermark.position) %}
            {% do write_partitions(name, condition, changed, added) %}
            {% do run_statement('drop table ' ~ next) %}
        {%- endif -%}
        {% do run_statement('drop table ' ~ old ~ ', ' ~ new) %}
        {%- set has_changed = changed | length > 0 -%}
    {%- endif -%}
    {%- set is_news = has_changed or has_logged(name, watermark.position) -%}
    {% do record_watermark(watermark if is_news else dict(watermark, position=watermark.position - 1)) %}
    {% do run_statement('drop table ' ~ scope_table) %}
{%- endmacro %}
