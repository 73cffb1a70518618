{# dbt-clickhouse's own, but for how it learns of the columns' types: without a table that is made for it and dropped. #}
{% materialization unit, adapter='clickhouse' %}
    {%- set expected_rows = config.get('expected_rows') -%}
    {%- set types = {} -%}
    {%- set quoted = {} -%}
    {%- for column in adapter.get_column_schema_from_query(sql) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}

    {%- set compared = [] -%}
    {%- for name in (expected_rows[0].keys() if expected_rows else types.keys()) -%}
        {%- do compared.append(quoted[name | lower]) -%}
    {%- endfor -%}
    {%- set expected_sql = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) -%}
    {% call statement('main', fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected_sql, compared) }}
    {%- endcall %}
    {{ return({'relations': []}) }}
{% endmaterialization %}
