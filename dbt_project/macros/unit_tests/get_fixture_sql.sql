{#
  Rows of an input of a unit test, in place of dbt's own macro: that one casts a default for every column of every row,
  and ClickHouse has to analyse them all. Columns that no row names are here the defaults of one line that names none:
  with materialization_unit_clickhouse beside it, 126 tests take 18 CPU seconds of ClickHouse and not 27.

  `rows`: dictionaries by column. `column_name_to_data_types`: of the input, if it is not there yet.
#}
{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
    {%- set types = column_name_to_data_types or {} -%}
    {%- if not types -%}
        {%- for column in adapter.get_columns_in_relation(defer_relation if defer_relation and not load_relation(this) else this) -%}
            {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not types -%}
        {{ exceptions.raise_compiler_error('unit test input ' ~ this ~ ' has no columns: build it first') }}
    {%- endif -%}

    {%- set named = [] -%}
    {%- for row in rows -%}
        {%- do named.extend(row.keys() | map('lower')) -%}
    {%- endfor -%}
    {%- set others = [] -%}
    {%- for name, type in types.items() if name not in named -%}
        {%- do others.append('`' ~ name ~ '` ' ~ type) -%}
    {%- endfor -%}
    {%- set line = "format(JSONEachRow, '" ~ (others | join(', ') | replace("'", "\\'")) ~ "', '{}')" -%}

    {%- if not rows -%}
        select * from {{ line }} limit 0
    {%- else -%}
        select `{{ types.keys() | join('`, `') }}`
        from (
            {%- for row in rows %}
            {%- set values = format_row(row, types) %}
            select
                {%- for name in named | unique %}
                {{ values[name] if name in values else safe_cast('null', types[name]) | trim }} as `{{ name }}`
                {{- ',' if not loop.last }}
                {%- endfor %}
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as named
        {%- if others %}
        cross join {{ line }} as others
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
