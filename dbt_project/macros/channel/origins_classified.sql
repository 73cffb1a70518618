{#
  What int_sessions_channeled knows of origins: those of the sessions it builds, or int_traffic_sources_classified where a
  unit test stands in for it. `sessions`: relation of those sessions.
#}
{% macro origins_classified(plan, sessions) -%}
    {%- if plan.header -%}
        ({{ classify_origins(sessions, relation_of('traffic_sources')) }})
    {%- else -%}
        {{ ref('int_traffic_sources_classified') }}
    {%- endif -%}
{%- endmacro %}
