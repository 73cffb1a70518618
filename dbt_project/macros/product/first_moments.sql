{#
  The first instants of many, in order, at most 1,000: what TIMES_AT_LEAST of headwater.contracts.definition allows a segment to
  ask for. Whatever a machine does, no more are in memory. `instants`: expression of one, or with `are_arrays` of arrays of them.
#}
{% macro first_moments(instants, are_arrays=false) -%}
    groupArraySorted{{ 'Array' if are_arrays }}(1000)({{ instants }})
{%- endmacro %}
