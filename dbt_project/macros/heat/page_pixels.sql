{# A place on a page of an event's properties, in whole pixels from 0 to 10^6, as Int32: 0 if there is none. #}
{% macro page_pixels(name) -%}
    toInt32({{ bounded_number(name, 1000000) }})
{%- endmacro %}
