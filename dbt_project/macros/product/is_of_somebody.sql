{# Whether an event is one of a person: of a visitor, or of a user whom a server names; crawlers are nobody. #}
{% macro is_of_somebody() -%}
    not is_bot and (visitor_id != '' or user_id != '')
{%- endmacro %}
