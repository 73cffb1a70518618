{# Fails for every combination of values that more than one row has. `columns`: list of column names. #}
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count() as found
from {{ model }}
group by {{ columns | join(', ') }}
having found > 1
{% endtest %}
