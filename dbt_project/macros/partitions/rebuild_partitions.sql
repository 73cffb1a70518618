{# Builds a whole table beside the one that readers see, batch by batch, and puts it in its place at once. #}
{% macro rebuild_partitions(relation, sql, watermark) -%}
    {%- set existing = load_cached_relation(relation) -%}
    {%- set next = relation.incorporate(path={'identifier': relation.identifier ~ '__next'}) -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {% do run_statement('drop table if exists ' ~ next) %}
    {% do clickhouse__create_empty_table(false, next, sql, has_contract) %}
    {%- set batches = batches_of(sql) -%}
    {%- for batch in range(batches) -%}
        {% call statement('main') %}
            {{ clickhouse__insert_into(
                next,
                sql.replace('/* batches */ 1', batches | string).replace('/* batch */ 0', batch | string),
                has_contract,
            ) }}
        {% endcall %}
    {%- endfor -%}

    {#- Whatever happens between here and the end, the next build is one of everything, here and further down. -#}
    {#- What has no scope is made like this at every build, and has no log that models further down would have to distrust. -#}
    {%- if not watermark.is_scoped or config.get('meta', {}).get('logged') -%}
        {% do watermark.update({'rebuilt_at': watermark.position}) %}
    {%- endif -%}
    {% do record_watermark(dict(watermark, fingerprint='')) %}
    {% do create_change_log(relation, next) %}
    {%- if existing is none -%}
        {% do run_statement('rename table ' ~ next ~ ' to ' ~ relation) %}
    {%- elif existing.type == 'table' -%}
        {% do run_statement('exchange tables ' ~ next ~ ' and ' ~ relation) %}
        {% do run_statement('drop table ' ~ next) %}
    {%- else -%}
        {% do run_statement('drop view if exists ' ~ relation) %}
        {% do run_statement('rename table ' ~ next ~ ' to ' ~ relation) %}
    {%- endif -%}
    {% do record_watermark(watermark) %}
{%- endmacro %}
