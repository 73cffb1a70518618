{# What of an object's metadata says who pays: the members that name a visitor, a session or a user. #}
{% macro payer_hints(metadata) -%}
    mapFilter(
        (k, v) -> k in ('headwater_visitor_id', 'headwater_session_id', 'headwater_user_id', 'user_id') and v != '',
        {{ metadata }}
    )
{%- endmacro %}
