{#
  Fails for every row that holds NULL or its type's default ('' or 0) in one of the columns: what a column that is not
  Nullable holds for "none". `columns`: list of column names.
#}
{% test not_empty(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} is null or {{ column }} = defaultValueOfArgumentType({{ column }})
    {%- endfor %}
{% endtest %}
