{#
  Scope of rows without a visitor, to be joined to changed_sessions by `union distinct`: instants at which an event of nobody
  appeared or vanished, and all of a site of which a definition changed. `condition`: of the events that matter.
#}
{% macro changed_moments(plan, definitions, condition) -%}
{%- set columns %}
    org_id,
    site_id,
    visitor_id,
    is_bot,
    toUUID('00000000-0000-0000-0000-000000000000') as session_id,
    occurred_at as from_at,
    occurred_at as to_at
{%- endset -%}
select {{- columns }}
from {{ changes_of(plan, 'stg_events__receipts') }}
where visitor_id = '' and {{ condition }} and not is_duplicate
union distinct
select {{- columns }}
from {{ relation_of('stg_events__events') }}
where visitor_id = '' and {{ condition }} and (org_id, site_id) in {{ changed_sites(plan, definitions) }}
{%- endmacro %}
