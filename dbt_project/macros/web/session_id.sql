{# Identity of a session, a UUID: a hash of whose it is and when it began, so that every rebuild gives the same. #}
{% macro session_id(started_at='started_at') -%}
    reinterpretAsUUID(
        sipHash128(org_id, site_id, visitor_id, is_bot, toUnixTimestamp64Milli({{ started_at }}))
    )
{%- endmacro %}
