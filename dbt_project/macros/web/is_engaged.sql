{# Whether a session counts as engaged: ten seconds or longer, or two page views or more. #}
{% macro is_engaged(duration_seconds='duration_seconds', page_views='page_views') -%}
    {{ duration_seconds }} >= 10 or {{ page_views }} >= 2
{%- endmacro %}
