{#
  Every known state of the objects of a kind, `o`: as they were listed and retrieved, and as the events showed them.
  Only of the mode, test or live, of the site's connection: the two never mix.

  `table`: in raw_stripe. `kind`: Stripe's name of it. `shape`: type of `o`. The JSON is parsed here, once, by one typed
  JSONExtract; what is not in the shape stays in the raw table.
  Without a shape it is not: the text is `object`. `plan`, `scope`: of the model that is built. `by_version`: whether the scope
  names versions, by listed_at what was listed and by event_id what an event shows, and not objects by their id.
#}
{% macro stripe_versions(table, kind, shape, plan, scope, by_version=false) -%}
    select
        org_id,
        site_id,
        id,
        is_deleted,
        version_at,
        true as is_listed,
        '' as event_id,
        '' as event_type,
        loaded_at,
        {{ "JSONExtract(object, '" ~ shape ~ "') as o" if shape else 'object' }}
    from {{ source('raw_stripe', table) }}
    where (org_id, site_id, livemode) in (
        select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
    )
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'id') }}
{%- endif %}
{%- if plan.is_scoped and by_version %}
        and (org_id, site_id, id, version_at) in (select org_id, site_id, id, listed_at from {{ scope }} where event_id = '')
{%- endif %}
    union all
    select
        org_id,
        site_id,
        object_id as id,
        is_deleted,
        occurred_at as version_at,
        false as is_listed,
        event_id,
        event_type,
        loaded_at,
        {{ "JSONExtract(snapshot, '" ~ shape ~ "') as o" if shape else 'snapshot as object' }}
    from {{ ref('stg_stripe__events') }}
    where object_type = '{{ kind }}'
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'object_id', 'id') }}
{%- endif %}
{%- if plan.is_scoped and by_version %}
        and (org_id, site_id, object_id, event_id) in (select org_id, site_id, id, event_id from {{ scope }})
{%- endif %}
{%- endmacro %}
