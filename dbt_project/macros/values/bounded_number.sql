{#
  A number of an event's properties as Float64, from 0 to `most`; 0 if there is none. A client may send 1e300, and a
  conversion that overflows would stop the model.
#}
{% macro bounded_number(name, most, properties='properties') -%}
    least(greatest(JSONExtractFloat({{ properties }}, '{{ name }}'), 0), {{ most }})
{%- endmacro %}
