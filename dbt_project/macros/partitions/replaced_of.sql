{#
  Table of the rows of a model that are in its scope, as they were, for the time of its build: what its rows may be made
  of without looking for them once more. One look at 10 M ids is 0.3 s, and a CTE is read as often as it is named.
#}
{% macro replaced_of(name) -%}
    {{ return(scope_of(name).removesuffix('__scope') ~ '__old') }}
{%- endmacro %}
