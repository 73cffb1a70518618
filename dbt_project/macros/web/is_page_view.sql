{# Whether an event is the view of a page. `event`: expression of the event's name. #}
{% macro is_page_view(event='event') -%}
    {{ event }} = 'page_view'
{%- endmacro %}
