{# Whether a campaign's name, in lower case, speaks of shopping: `spring-shop`, `shopping`, and not `workshop`'s own. #}
{% macro is_shopping_campaign(campaign) -%}
    match({{ campaign }}, '([^a-df-z]|^)shop|shopping')
{%- endmacro %}
