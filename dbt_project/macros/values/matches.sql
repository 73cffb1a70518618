{#
  Whether a text passes a condition of a definition. `operator`: equals, contains or regex; another one never passes.
  Texts that are no patterns never reach the regular expressions, where one of them could be an error.
#}
{% macro matches(text, operator, pattern) -%}
    multiIf(
        {{ operator }} = 'equals',
        {{ text }} = {{ pattern }},
        {{ operator }} = 'contains',
        position({{ text }}, {{ pattern }}) > 0,
        {{ operator }} = 'regex' and match({{ text }}, if({{ operator }} = 'regex', {{ pattern }}, ''))
    )
{%- endmacro %}
