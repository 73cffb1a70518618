{#
  Scope of a model of the objects of a kind: those of which a row or an event came, and all of a site that was connected, or
  connected otherwise. A state is made of the versions of its object alone. Arguments as in stripe_versions.
#}
{% macro stripe_changes(plan, table, kind) -%}
    select org_id, site_id, id
    from {{ source('raw_stripe', table) }}
    where {{ loaded_since(plan, 'raw_stripe.' ~ table) }}
    union distinct
    select org_id, site_id, id
    from {{ source('raw_stripe', table) }}
    where (org_id, site_id) in {{ changed_sites(plan, ['stg_stripe__connections']) }}
    union distinct
    select org_id, site_id, object_id as id
    from {{ changes_of(plan, 'stg_stripe__events') }}
    where object_type = '{{ kind }}'
{%- endmacro %}
