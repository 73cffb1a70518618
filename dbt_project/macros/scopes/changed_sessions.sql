{#
  Scope of a model that is made session by session: sessions that are other than before, with the time from their first to
  their last event. Of one whose events changed, what was and what is are both in it; so an event between those times lies
  in a session of the scope or in none.

  `definitions`: models of the control database; all sessions of a site of which one changed are in the scope.
#}
{% macro changed_sessions(plan, definitions=[]) -%}
select org_id, site_id, visitor_id, is_bot, session_id, started_at as from_at, ended_at as to_at
from {{ changes_of(plan, 'int_sessions_dated') }}
{%- if definitions %}
union distinct
select org_id, site_id, visitor_id, is_bot, session_id, started_at as from_at, ended_at as to_at
from {{ relation_of('int_sessions_dated') }}
where (org_id, site_id) in {{ changed_sites(plan, definitions) }}
{%- endif %}
{%- endmacro %}
