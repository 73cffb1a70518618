{#
  Whether an event passes every condition of a definition. `conditions`: array of (field, operator, value); `fields`:
  prefix of the event's columns, as in `events.`. A field that is neither path nor url is `properties.<name>`; a property
  that is no text is read as it is written in JSON.
#}
{% macro passes(conditions, fields='') -%}
    arrayAll(
        condition -> {{ matches(
            "multiIf(condition.field = 'path', " ~ fields ~ "path, condition.field = 'url', " ~ fields ~ "url, "
            ~ "JSONExtractString(" ~ fields ~ "properties, substring(condition.field, 12)))",
            'condition.operator',
            'condition.value'
        ) }},
        {{ conditions }}
    )
{%- endmacro %}
