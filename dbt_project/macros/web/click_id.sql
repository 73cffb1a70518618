{#
  Name of the advertising click id that an event carries, '' if none: `gclid`, `msclkid`, …
  The value itself names a person's click and stays in staging; channels ask only whose click it was.
#}
{% macro click_id() -%}
    multiIf(
    {%- for name in ['gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id'] %}
        {{ name }} != '', '{{ name }}',
    {%- endfor %}
        ''
    )
{%- endmacro %}
