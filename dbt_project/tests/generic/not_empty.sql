{# Fails for every row whose value is NULL or its type's default ('' or 0): what a column that is not Nullable holds for "none". #}
{% test not_empty(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is null or {{ column_name }} = defaultValueOfArgumentType({{ column_name }})
{% endtest %}
