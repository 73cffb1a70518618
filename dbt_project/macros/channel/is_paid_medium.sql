{# Whether a medium, in lower case, is one that is paid for: cpc, ppc, cpm, paid_social, retargeting, … #}
{% macro is_paid_medium(medium) -%}
    match({{ medium }}, 'cp|^ppc$|^retargeting$|^paid')
{%- endmacro %}
