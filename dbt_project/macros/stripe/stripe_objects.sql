{#
  The newest state of each object of a kind, `o`: of the latest version_at; at the same time what was listed beats what an
  event shows, then the greater event id decides. Of a deleted object Stripe answers with its id alone: it keeps the
  state it had. Arguments as in stripe_versions.

  `lists`: what is taken, as `lists`, from the newest state that was listed or retrieved where there is one: an event shows
  the first members of a list.

  Most objects are known in one version: a build of everything compares versions of the others alone, which is what costs. 1 M
  charges take 2.2 s, where one typed JSONExtract of two members of each takes 1.3 s. Of the few of a scope all are compared, which
  reads the raw table once and not four times.

  Versions are compared as texts and the newest alone is parsed, since aggregates copy a tuple member by member: the rows of
  10,000 invoices, each listed and shown by an event, take 0.7 s of CPU and not 0.95 s. What an aggregate of many bytes is parted
  into are 256 blocks, and to begin a JSONExtract of a large shape takes 0.7 ms a block: kept in one those invoices take 0.27 s.
#}
{% macro stripe_objects(table, kind, shape, plan, scope, lists=none) -%}
{%- if not plan.is_scoped %}
    with repeated as (
        select org_id, site_id, id
        from (
            select org_id, site_id, id
            from {{ source('raw_stripe', table) }}
            where (org_id, site_id, livemode) in (
                select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
            )
            union all
            select org_id, site_id, object_id as id
            from {{ ref('stg_stripe__events') }}
            where object_type = '{{ kind }}'
        )
        group by org_id, site_id, id
        having count() > 1
    )

    select org_id, site_id, id, is_deleted, o{{ ', ' ~ lists ~ ' as lists' if lists }}
    from (
    {{ stripe_versions(table, kind, shape, plan, scope) }}
    ) as versions
    where (org_id, site_id, id) not in repeated
    union all
{%- endif %}
    select
        org_id,
        site_id,
        id,
        is_deleted,
        JSONExtract(newest, '{{ shape }}') as o
{%- if lists %},
        {{ lists | replace('o.', "JSONExtract(newest_list, '" ~ shape ~ "').") }} as lists
{%- endif %}
    from (
        select
            org_id,
            site_id,
            id,
            argMax(versions.is_deleted, (version_at, is_listed, event_id, loaded_at)) as is_deleted,
            argMax(versions.object, (is_whole, version_at, is_listed, event_id, loaded_at)) as newest
{%- if lists %},
            argMax(versions.object, (is_whole, is_listed, version_at, event_id, loaded_at)) as newest_list
{%- endif %}
        from (
            select *, JSONExtract(object, 'created', 'Int64') > 0 as is_whole
            from (
            {{ stripe_versions(table, kind, none, plan, scope) }}
            )
        ) as versions
{%- if not plan.is_scoped %}
        where (org_id, site_id, id) in repeated
{%- endif %}
        group by org_id, site_id, id
{%- if plan.is_scoped %}
        settings group_by_two_level_threshold_bytes = 500000000
{%- endif %}
    )
{%- endmacro %}
