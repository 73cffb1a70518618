{# Number of the cell, from 0, in which a place on a page lies, as UInt16. `pixels`: as of page_pixels. #}
{% macro page_cell(pixels) -%}
    toUInt16(intDiv(greatest(0, {{ pixels }}), {{ var('click_cell_pixels') }}))
{%- endmacro %}
