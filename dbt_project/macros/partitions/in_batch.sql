{#
  Condition of the rows that one pass of a full build reads: memory is bounded by the rows of a pass and not of history.
  `key`: expression whose equal values must be built together, as integer. The materialization writes the numbers in.
#}
{% macro in_batch(key) -%}
    {{ key }} % /* batches */ 1 = /* batch */ 0
{%- endmacro %}
