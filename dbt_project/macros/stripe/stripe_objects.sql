{#
  The newest state of each object of a kind, `o`: of the latest version_at; at the same time what was listed beats what an
  event shows, then the greater event id decides. Of a deleted object Stripe answers with its id alone: it keeps the
  state it had. Arguments as in stripe_versions.
#}
{% macro stripe_objects(table, kind, shape) -%}
    select
        org_id,
        site_id,
        id,
        argMax(versions.is_deleted, (version_at, is_listed, event_id, loaded_at)) as is_deleted,
        argMax(versions.o, (versions.o.created > 0, version_at, is_listed, event_id, loaded_at)) as o
    from (
    {{ stripe_versions(table, kind, shape) }}
    ) as versions
    group by org_id, site_id, id
{%- endmacro %}
