{#
  Whether an event says that money was earned: its name is one of `revenue_events`, and its properties have an `amount`
  above zero and a `currency` of three letters. An amount alone says nothing: carts and refusals have one too.
#}
{% macro carries_revenue() -%}
    {{ is_revenue_event() }}
        and {{ is_amount("'amount'") }}
        and JSONExtractInt(properties, 'amount') > 0
        and match(JSONExtractString(properties, 'currency'), '^[A-Za-z]{3}$')
{%- endmacro %}
