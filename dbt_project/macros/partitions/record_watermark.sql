{# Says that a build is done. `watermark`: dictionary as in the header of build_plan. #}
{% macro record_watermark(watermark) -%}
    {%- set inputs = [] -%}
    {%- for name, position in watermark.inputs.items() -%}
        {%- do inputs.append("'" ~ name ~ "', " ~ position) -%}
    {%- endfor -%}
    {% call statement('record_watermark') %}
        insert into {{ watermarks() }} (model, position, rebuilt_at, fingerprint, inputs)
        values (
            '{{ model.name }}',
            {{ watermark.position }},
            {{ watermark.rebuilt_at }},
            '{{ watermark.fingerprint }}',
            map({{ inputs | join(', ') }})
        )
    {% endcall %}
{%- endmacro %}
